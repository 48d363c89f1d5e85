"""Verify a case or a bundle. Names what was edited, deleted, inserted, reordered, cut off or swapped."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..output.value_records import value_record
from ..storage.files import sha256_of
from ..types import InputError
from ..types.recorded_fields import UNRECORDED
from . import places
from .bundle_reader import BundleReader, open_bundle, scratch_folder
from .case_folder import is_case
from .case_log import FIRST, log_format, read_log, unused_subjects, write_log_copy
from .case_values import CaseState, read_state
from .chain import START, Json, LogEntry, json_of
from .log_check import LogFinding, check_log, is_sound, sealed_chain
from .manifest import BUNDLE_LOG, MANIFEST, SIGNATURE, leaves, manifest_of, refuse_newer
from .seal import SEAL, read_seal
from .signing import is_signed

Read = Callable[[str], bytes | None]
ARCHIVE_BEGIN = b"PK\x03\x04"  # of every zip that holds a file
TEMPORARY = ".partial"  # how files end that are being written, or whose writer was killed


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """Hold what came of verifying a case or a bundle.

    ok: whether nothing was changed; entries: of the log as it is; head: the hash of the last one; signer: the public
    key that signed, "" for none.
    """

    ok: bool = field(init=False)
    findings: tuple[LogFinding, ...]
    entries: int
    head: str
    signer: str = field(metadata=UNRECORDED)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ok", not self.findings)

    def signer_words(self, own: str | None) -> str:
        """Say in a sentence who signed.

        `own` is this program's public key, None where it has none yet.
        """
        if not self.signer:
            return "It is signed by nobody."
        if self.signer == own:
            return f"It is signed by this program's own key, {self.signer}."
        return (
            f"It is signed by the key {self.signer}, which is NOT this program's own: whoever changes a bundle can "
            "sign it anew with another key. Compare the key with the one that its maker named."
        )


def verify(path: Path, *, signer: str | None = None) -> Verification:
    """Verify a case's folder, or a bundle as a zip or a folder. Nothing is written.

    `signer` is the public key (hexadecimal) that has to have signed; without it any genuine signature counts.
    """
    if path.is_dir() and is_case(path):
        found = _verify_case(path)
    elif path.is_dir() and not any((path / name).exists() for name in (MANIFEST, SIGNATURE, BUNDLE_LOG)):
        raise InputError(f"{path} is neither a case nor an evidence bundle")
    else:
        try:
            with open_bundle(path) as bundle, scratch_folder(path.name) as folder:
                if bundle.archive and not {MANIFEST, SIGNATURE, BUNDLE_LOG} & set(bundle.names()):
                    raise zipfile.BadZipFile  # cut off: the index that was found is that of an NPZ inside
                found = _verify_bundle(bundle, folder)
        except zipfile.BadZipFile:
            found = Verification((_unreadable(path),), 0, START, "")
    if signer and found.signer != signer.strip().lower():
        other = LogFinding("edited", f"{SIGNATURE}: signed by another key")
        found = Verification((*found.findings, other), found.entries, found.head, found.signer)
    return found


def _unreadable(path: Path) -> LogFinding:
    """Tell an archive that was cut off from a file of another kind."""
    with path.open("rb") as file:
        begin = file.read(len(ARCHIVE_BEGIN))
    if ARCHIVE_BEGIN.startswith(begin):
        return LogFinding("truncated", path.name)
    return LogFinding("swapped file", f"{path.name}: no archive, so no evidence bundle")


def _verify_case(root: Path) -> Verification:
    findings: list[LogFinding] = []
    for name in (places.LOG, places.ORIGINAL, places.RESULTS):
        if (root / name).is_symlink():
            findings.append(LogFinding("swapped file", f"{name} is a link"))
    seal = read_seal(root)
    entries, broken = _read_entries(root / places.LOG, places.LOG, frozen=False)
    findings += broken
    if not broken:
        findings += check_log(entries, sealed_chain(entries, seal), (), places.LOG)
        findings += [
            LogFinding("inserted", f"{places.LOG}: text {one[:12]}") for one in unused_subjects(root / places.LOG)
        ]
    if seal is None and len(entries) != 1:  # with one entry, its writer was killed before it could seal
        findings.append(LogFinding("deleted", SEAL))
    elif seal and not seal.genuine:
        findings.append(LogFinding("edited", SEAL))
    state = _state_of(entries, places.LOG, findings)
    if state:
        if seal and seal.genuine and seal.case != state.facts.id:
            findings.append(LogFinding("swapped file", f"{SEAL}: of another case"))
        ignored = {place for finals in places.planned(root).values() for place in finals}
        there = [name for part in (places.ORIGINAL, places.RESULTS) for name in places.files_under(root, part)]
        names = [name for name in there if not name.endswith(TEMPORARY) and name not in ignored - set(state.files)]
        found = {name: None if _is_linked(root, name) else _hash_file(root / name) for name in names}
        sizes = {one.path: one.bytes for one in state.exhibits}
        findings += compare_files(state.files, sizes, found, state, lambda name: _read_bytes(root / name))
    return _verification(findings, entries, seal.key if seal else "")


def _verify_bundle(bundle: BundleReader, folder: Path) -> Verification:
    findings: list[LogFinding] = []
    names = bundle.names()
    findings += [LogFinding("inserted", name) for name in sorted({name for name in names if names.count(name) > 1})]
    signed = _read_manifest(bundle, names)
    manifest, signer = signed.manifest, signed.key
    findings += signed.findings
    log = folder / BUNDLE_LOG
    entries: list[LogEntry] = []
    if BUNDLE_LOG in names and bundle.save(BUNDLE_LOG, log):
        entries, broken = _read_entries(log, BUNDLE_LOG, frozen=True)
        findings += broken
        if not broken:
            findings += check_log(entries, *_known_chain(signed, entries), BUNDLE_LOG)
    state = _state_of(entries, BUNDLE_LOG, findings)
    expected, sizes = _expected_files(signed, state)
    found = {name: None if bundle.is_link(name) else bundle.hash(name) for name in dict.fromkeys(names)}
    rest = {name: found[name] for name in found if name not in (MANIFEST, SIGNATURE)}
    findings += compare_files(expected, sizes, rest, state, bundle.read)
    if state and manifest is not None and not findings_in(findings, BUNDLE_LOG):
        named = signer if signed.genuine else str(manifest.get("signer"))
        findings += _compare_manifest(manifest, state, named, rest, folder)
    if not findings and (byte := bundle.stray_byte()) is not None:
        findings.append(LogFinding("edited", f"{bundle.path.name}: byte {byte} of the archive"))
    return _verification(findings, entries, signer)


def findings_in(findings: Sequence[LogFinding], name: str) -> bool:
    """Tell whether any finding is about this file."""
    return any(one.where.startswith(name) for one in findings)


def compare_files(
    expected: Mapping[str, str],
    sizes: Mapping[str, int],
    found: Mapping[str, tuple[str, int] | None],
    state: CaseState | None,
    read: Read,
) -> list[LogFinding]:
    """Compare the files that are there with those that should be.

    Args:
        expected: SHA-256 by path.
        sizes: bytes by path, where they are known.
        found: SHA-256 and bytes by path; None for links and for what cannot be read.
        state: of the case, to tell a swapped model; None where its log cannot be read.
        read: returns a file's bytes, or None.
    """
    by_hash = {sha256: path for path, sha256 in expected.items()}
    findings = []
    for path in sorted(expected):
        if path not in found:
            findings.append(LogFinding("deleted", path))
            continue
        now = found[path]
        if now is None or now[0] != expected[path]:
            findings.append(LogFinding(_change(path, now, by_hash, sizes, state, read), path))
    return findings + [LogFinding("inserted", path) for path in sorted(found) if path not in expected]


def _change(
    path: str,
    now: tuple[str, int] | None,
    by_hash: Mapping[str, str],
    sizes: Mapping[str, int],
    state: CaseState | None,
    read: Read,
) -> str:
    """Name how a file differs from what it was."""
    if now is None:
        return "edited"
    if now[0] in by_hash:
        return "swapped file"
    said = json_of(read(path)) if path.endswith(".json") else None
    if isinstance(said, dict) and state:
        result = next((one for one in state.results if path in one.files), None)
        if result and "weights" in said and said["weights"] != dict(result.weights):
            return "swapped model"
    shorter = path in sizes and now[1] < sizes[path]
    return "truncated" if shorter and said is None else "edited"


def _compare_manifest(
    manifest: Json, state: CaseState, signer: str, found: Mapping[str, tuple[str, int] | None], folder: Path
) -> list[LogFinding]:
    """Compare a manifest with the one that its log and files give."""
    again = folder / f"again-{BUNDLE_LOG}"
    write_log_copy(state.entries, again)
    log = (sha256_of(again), again.stat().st_size)
    if (now := found.get(BUNDLE_LOG)) and now[0] != log[0]:
        log = now  # another version of SQLite writes other bytes for the same rows
    fine = {path: there[1] for path, there in found.items() if there and there[0] == state.files.get(path)}
    told = {path: fact.get("bytes") for path, fact in manifest["files"].items()} if _has_files(manifest) else {}
    sizes = {path: fine.get(path, told.get(path, 0)) for path in state.files}  # what is broken is named already
    right, said = leaves(value_record(manifest_of(state, sizes, log, signer))), leaves(manifest)
    if log_format(folder / BUNDLE_LOG) == FIRST:
        right["format"] = str(FIRST)  # weights were named before they had a format of their own
    findings = []
    for place in sorted({*right, *said}):
        if right.get(place) != said.get(place):
            missing, extra = place not in said, place not in right
            what = "deleted" if missing else "inserted" if extra else "edited"
            model = place.startswith(("weights/", "code/"))
            findings.append(LogFinding("swapped model" if model else what, f"{MANIFEST}: {place}"))
    return findings


def _has_files(manifest: Json) -> bool:
    files = manifest.get("files")
    return isinstance(files, dict) and all(isinstance(fact, dict) for fact in files.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Signed:
    """Hold a manifest (None where it is unreadable), who signed it, and whether that is so."""

    manifest: Json | None
    key: str
    genuine: bool
    findings: list[LogFinding]


def _read_manifest(bundle: BundleReader, names: Sequence[str]) -> _Signed:
    """Read the manifest and check its signature; refuse one of a newer version."""
    findings = [LogFinding("deleted", name) for name in (MANIFEST, SIGNATURE) if name not in names]
    data = bundle.read(MANIFEST) if MANIFEST in names else None
    manifest = _json_object(data)
    signed = _json_object(bundle.read(SIGNATURE)) if SIGNATURE in names else None
    key, genuine = "", False
    if signed is not None and data is not None:
        key = str(signed.get("key"))
        whole = set(signed) == {"algorithm", "key", "signature"} and signed["algorithm"] == "Ed25519"
        genuine = whole and is_signed(data, str(signed["signature"]), key)
    if genuine or not signed:
        refuse_newer(manifest, bundle.path)
    if MANIFEST in names and manifest is None:
        findings.append(LogFinding("edited", MANIFEST))
    if SIGNATURE in names and MANIFEST in names and not genuine:
        other = manifest is not None and signed is not None and manifest.get("signer") != key
        findings.append(LogFinding("edited", SIGNATURE if signed is None or other else f"{MANIFEST} or {SIGNATURE}"))
    return _Signed(manifest, key, genuine, findings)


def _known_chain(signed: _Signed, entries: Sequence[LogEntry]) -> tuple[list[str], list[str]]:
    """Return the hashes and subjects that a manifest says the log has. Else the log's own.

    A manifest that is not genuine counts where the log is not sound in itself, or was cut off.
    """
    own = sealed_chain(entries, None)
    log = signed.manifest.get("log") if signed.manifest else None
    lists = [log.get(name) for name in ("hashes", "subjects")] if isinstance(log, dict) else []
    if not lists or not all(isinstance(one, list) and all(isinstance(item, str) for item in one) for one in lists):
        return own, []
    hashes, subjects = lists[0] or [], lists[1] or []
    if signed.genuine:
        return hashes, subjects
    sound = own == [entry.hash for entry in entries] and all(map(is_sound, entries))
    told = log is not None and bool(hashes) and log.get("entries") == len(hashes) == len(subjects)
    use = told and log is not None and log.get("head") == hashes[-1] and not (sound and len(hashes) <= len(entries))
    return (hashes, subjects) if use else (own, [])


def _expected_files(signed: _Signed, state: CaseState | None) -> tuple[dict[str, str], dict[str, int]]:
    """Return the hashes and lengths of a bundle's files. A signed manifest's, or else the log's."""
    files = signed.manifest["files"] if signed.manifest and _has_files(signed.manifest) else {}
    told = {path: str(fact.get("sha256")) for path, fact in files.items()}
    sizes = {path: fact["bytes"] for path, fact in files.items() if isinstance(fact.get("bytes"), int)}
    logged = dict(state.files) if state else {}
    return ({**logged, **told} if signed.genuine else {**told, **logged}), sizes


def _read_entries(path: Path, name: str, *, frozen: bool) -> tuple[list[LogEntry], list[LogFinding]]:
    """Read a log. One that cannot be read is a finding, a newer or a locked one is refused."""
    try:
        entries = read_log(path, frozen=frozen)
    except InputError as error:
        if "newer version" in str(error) or "another program" in str(error):
            raise
        return [], [LogFinding("edited", f"{name} cannot be read")]
    except (TypeError, ValueError, sqlite3.Error):
        return [], [LogFinding("edited", f"{name} cannot be read")]
    return entries, []


def _state_of(entries: Sequence[LogEntry], name: str, findings: list[LogFinding]) -> CaseState | None:
    try:
        state = read_state(entries)
    except InputError:
        if not any(one.where.startswith(name) for one in findings):
            findings.append(LogFinding("edited", f"{name}: entry 1"))
        return None
    findings += [LogFinding("edited", f"{name}: entry {sequence}") for sequence, _ in state.problems]
    return state


def _verification(findings: Sequence[LogFinding], entries: Sequence[LogEntry], signer: str) -> Verification:
    head = entries[-1].hash if entries else START
    return Verification(tuple(dict.fromkeys(findings)), len(entries), head, signer)


def _json_object(data: bytes | None) -> Json | None:
    said = json_of(data)
    return said if isinstance(said, dict) else None


def _is_linked(root: Path, name: str) -> bool:
    return any((root / part).is_symlink() for part in [name, *map(str, Path(name).parents)])


def _hash_file(path: Path) -> tuple[str, int] | None:
    try:
        return sha256_of(path), path.stat().st_size
    except OSError:
        return None


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None

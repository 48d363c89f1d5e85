"""Export a case as an evidence bundle. A zip or a folder, byte-equal each time."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..storage.files import atomic_path, check_place, sha256_of
from ..storage.leftovers import temporary_folder, temporary_name
from ..types import InputError
from .case_folder import CaseFolder
from .case_log import write_log_copy
from .case_values import CaseState
from .chain import digest
from .manifest import BUNDLE_LOG, MANIFEST, SIGNATURE, manifest_bytes, manifest_of, signature_bytes
from .places import inside
from .signing import own_signer

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold: none is told
MODE = 0o100444 << 16


@dataclass(frozen=True, slots=True, eq=False)
class PreparedBundle:
    """Hold a bundle that is not written yet.

    files: the files on disk by their path in the bundle; manifest, signature: bytes of these two files.
    """

    state: CaseState
    files: dict[str, Path]
    manifest: bytes
    signature: bytes

    @property
    def manifest_sha256(self) -> str:
        """Return the SHA-256 of the manifest's file."""
        return digest(self.manifest)

    def parts(self) -> Iterator[tuple[str, Path | bytes]]:
        """Yield every file of the bundle, in the order of the archive."""
        yield MANIFEST, self.manifest
        yield SIGNATURE, self.signature
        yield from sorted(self.files.items())


@contextlib.contextmanager
def prepared_bundle(case: CaseFolder) -> Iterator[PreparedBundle]:
    """Yield what would be exported now; reading a case changes nothing in it.

    Raises `InputError` where a file is not what the log says: such a case is verified, not exported.
    """
    state, signer = case.state(), own_signer()
    if state.problems:
        raise InputError(f"entry {state.problems[0][0]} of the log cannot be read; see: python -m core case verify")
    files = {path: inside(case.root, path) for path in state.files}
    for path, sha256 in state.files.items():
        if not files[path].is_file() or sha256_of(files[path]) != sha256:
            what = "was changed" if files[path].is_file() else "is missing"
            raise InputError(f"{path} {what}, so the case is not exported; see: python -m core case verify")
    with temporary_folder() as folder:
        log = folder / BUNDLE_LOG
        write_log_copy(state.entries, log)
        sizes = {path: file.stat().st_size for path, file in files.items()}
        made = manifest_bytes(manifest_of(state, sizes, (sha256_of(log), log.stat().st_size), signer.key))
        signed = signature_bytes(signer.sign(made), signer.key)
        yield PreparedBundle(state, {**files, BUNDLE_LOG: log}, made, signed)


def export_case(case: CaseFolder, out: Path) -> str:
    """Write a case's evidence bundle; return the SHA-256 of its manifest.

    A zip where the name ends in .zip, else a folder that is new. The case is not changed: the same case gives the same
    bytes again.
    """
    check_place(out) if out.suffix.lower() == ".zip" else _check_folder(out)
    try:
        with prepared_bundle(case) as bundle:
            if out.suffix.lower() == ".zip":
                with atomic_path(out) as partial, partial.open("w+b") as file:
                    write_archive(bundle.parts(), file)
            else:
                _write_folder(bundle, out)
            return bundle.manifest_sha256
    except OSError as error:
        raise InputError(
            f"{out.name} could not be written: {error.strerror or error}; the case is as it was"
        ) from error


def write_archive(parts: Iterable[tuple[str, Path | bytes]], to: IO[bytes]) -> None:
    """Write a zip whose bytes depend on names and contents alone: stored, without dates."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts:
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr, info.create_system = MODE, 3
            info.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with archive.open(info, "w") as target:
                if isinstance(content, bytes):
                    target.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)


def _check_folder(out: Path) -> None:
    check_place(out) if not out.is_dir() else None
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already; a bundle goes into a .zip file or a new folder")


def _write_folder(bundle: PreparedBundle, out: Path) -> None:
    """Write the files beside, and then give the whole folder its name."""
    made = out.resolve().parent / temporary_name(".staged")
    made.mkdir(mode=0o700)
    try:
        for name, content in bundle.parts():
            to = made / name
            to.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(to) as partial:
                partial.write_bytes(content) if isinstance(content, bytes) else shutil.copyfile(content, partial)
            to.chmod(0o444)
        made.chmod(0o755)
        made.replace(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)

"""Turn provenance into a record, three sentences, or one word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..media.trust_lists import bare_names, out_of_date
from ..types.provenance import (
    ContentCredentials,
    JpegTables,
    Location,
    PerceptualHash,
    Provenance,
    SoftwareTrace,
    TraceKind,
)

HIDDEN_PLACE = "present, shown on demand only"
UNKNOWN = "unknown"
_NAMED: dict[TraceKind, str] = {
    "generator": "names a generator",
    "editor": "names an editor",
    "camera": "names a camera",
}


def provenance_record(found: Provenance, location: Location | None = None) -> dict[str, Any]:
    """Record c2pa, exif, software, perceptual_hash and container.

    `location` was read on demand; without it the record says only that there is one.
    """
    hashed, middle, said = found.perceptual_hash, found.middle_hash, found.credentials
    exif: dict[str, Any] = dict(found.exif)
    if location:
        exif["GPSInfo"] = {"latitude": round(location.latitude, 6), "longitude": round(location.longitude, 6)}
    elif found.has_location:
        exif["GPSInfo"] = HIDDEN_PLACE
    container: dict[str, Any] = {**found.container, "notes": list(found.notes)}
    if found.jpeg:
        container["quantisation"] = {
            "tables": [list(table) for table in found.jpeg.tables],
            "origin": found.jpeg.origin,
            "quality": found.jpeg.quality,
            "exact": found.jpeg.exact,
        }
    return {
        "c2pa": {
            "state": said.state,
            "meaning": said.meaning,
            "signer": said.signer,
            "generator": said.generator,
            "signed": said.signed,
            "problems": list(said.problems),
            "trust_list": said.trust_list,
        },
        "exif": exif,
        "software": [{"place": one.place, "text": one.text, "kind": one.kind} for one in found.software],
        "perceptual_hash": hashed and {**_hash(hashed), **({"middle": _hash(middle)} if middle else {})},
        "container": container,
    }


def _hash(found: PerceptualHash) -> dict[str, Any]:
    return {"pdq": found.pdq, "mirrored": found.mirrored, "quality": found.quality, "frame": found.frame}


def recorded_provenance(of: str, said: Mapping[str, Any]) -> Provenance:
    """Make a file's provenance, by its SHA-256, of what `provenance_record` made.

    Raises KeyError, TypeError, ValueError or InputError where it is none.
    """
    container, exif, hashed = dict(said["container"]), dict(said["exif"]), said["perceptual_hash"]
    notes, tables = container.pop("notes"), container.pop("quantisation", None)
    middle = hashed and hashed.get("middle")
    return Provenance(
        of,
        container,
        {name: text for name, text in exif.items() if name != "GPSInfo"},
        "GPSInfo" in exif,
        tuple(SoftwareTrace(**trace) for trace in said["software"]),
        hashed and PerceptualHash(**{name: value for name, value in hashed.items() if name != "middle"}),
        ContentCredentials(**{**said["c2pa"], "problems": tuple(said["c2pa"]["problems"])}),
        tables and JpegTables(**{**tables, "tables": tuple(map(tuple, tables["tables"]))}),
        tuple(notes),
        middle and PerceptualHash(**middle),
    )


def provenance_word(found: Provenance) -> str:
    """Sum up in a word or two.

    "unknown" speaks neither for nor against a file.
    """
    if found.credentials.state != "none":
        return found.credentials.state
    kinds = {trace.kind for trace in found.software}
    return next((word for kind, word in _NAMED.items() if kind in kinds), UNKNOWN)


def provenance_sentences(found: Provenance) -> tuple[str, str, str]:
    """Say in three sentences: credentials, what made the file, how it is stored.

    The first says, too, which list of signers is out of date today.
    """
    said = found.credentials
    named = [f"signer as named: {said.signer}"] if said.signer else []
    if said.state == "trusted" and said.trust_list:
        named.append(f"vouched for by {bare_names(said.trust_list).partition(', SHA-256')[0]}")
    if said.state in ("trusted", "unknown signer"):
        named += [f"out of date since {day}: {title}" for title, day in out_of_date(said.trust_list)]
    first = said.meaning + (f" ({'; '.join(named)})" if named else "") + "."
    return first, _makers(found.software), _storage(found)


def _makers(traces: Iterable[SoftwareTrace]) -> str:
    texts = list(dict.fromkeys(f"{trace.text[:60]} ({trace.kind})" for trace in traces))
    if not texts:
        return "Its metadata name no camera and no program: most sites remove such data when a file is shared."
    more = f" and {len(texts) - 4} more" if len(texts) > 4 else ""
    return f"Its metadata name {', '.join(texts[:4])}{more}; anybody can write or remove such data."


def _storage(found: Provenance) -> str:
    if found.jpeg:
        return f"It was last saved as a JPEG with {found.jpeg.origin}."
    facts = found.container
    stream = next((str(value) for name, value in facts.items() if name.startswith("stream")), "")
    return f"It is stored as {facts.get('format', 'a file')}{f': {stream}' if stream else ''}."

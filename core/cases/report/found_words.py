"""Word what an exhibit says of itself, and whether its faces are synthetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...output.copy_sentences import copy_sentence
from ...output.provenance_words import provenance_sentences, recorded_provenance
from ...output.text import synthetic_words
from ...types import InputError
from ...types.provenance import PerceptualHash, Provenance
from ..kept_results import Kept
from ..seen_before import MAX_EXHIBITS, Sighting

MAX_FIELDS, MAX_SIGHTINGS = 12, 5  # EXIF fields and copies that are told one by one
NOT_READ = "What the file says of itself was not kept with this result."


def provenance_lines(record: Kept) -> list[str]:
    """Say in sentences what a record tells of a file's provenance."""
    try:
        found = recorded_provenance(str(record["media"]["id"]), record["provenance"])
    except (KeyError, TypeError, ValueError, AttributeError, InputError):
        return [NOT_READ]
    facts = "; ".join(f"{name}: {value}" for name, value in found.container.items())
    said = [f"Content credentials (C2PA), state “{found.credentials.state}”: {provenance_sentences(found)[0]}"]
    said += [*provenance_sentences(found)[1:], f"Its container: {facts}.", _exif(found), _hashes(found.hashes)]
    return [*said, *(f"{note[:1].upper()}{note[1:]}." for note in found.notes)]


def sighting_lines(found: Sequence[Sighting]) -> list[str]:
    """Say which other exhibits, here and in cases beside, are copies."""
    if not found:
        return [
            "No copy of it is among the other exhibits of this case and of the cases beside it "
            f"(up to {MAX_EXHIBITS:,} are looked at, those of the cases changed last first)."
        ]
    said = [
        f"A copy of it is {one.exhibit} ({one.name}) of the case “{one.case}”, received {one.received[:10]}. "
        f"{copy_sentence(one.comparison)}"
        for one in found[:MAX_SIGHTINGS]
    ]
    return said + ([f"And {len(found) - MAX_SIGHTINGS} more copies."] if len(found) > MAX_SIGHTINGS else [])


def synthetic_lines(record: Kept) -> list[str]:
    """Say whether faces are wholly synthetic, of those that were asked about."""
    asked = [(face, face["synthetic"]) for face in record["faces"] if face.get("synthetic")]
    if not asked:
        return ["Whether a face is wholly synthetic was not asked."]
    if len(asked) == 1:
        answer = asked[0][1]
        why = f", because it is {answer['reason']}" if answer.get("reason") else ""
        return [
            f"Is the face wholly synthetic? {_sentence(synthetic_words(answer['label'], answer['p_synthetic']))}{why}."
        ]
    counts = Counter(answer["label"] for _, answer in asked)
    by_label = "; ".join(f"{synthetic_words(label, None)} in {count}" for label, count in counts.most_common())
    known = [(answer["p_synthetic"], face) for face, answer in asked if answer["p_synthetic"] is not None]
    most = ""
    if known:
        value, face = max(known, key=lambda pair: float(pair[0]))
        most = f" The highest probability is {value:.3f}, at frame {face['frame']}, face {face['track'] + 1}."
    return [f"Are the faces wholly synthetic? Of {len(asked)} that were asked about: {by_label}.{most}"]


def _exif(found: Provenance) -> str:
    place = " A place is among them, which this report does not tell." if found.has_location else ""
    if not found.exif:
        return f"It holds no EXIF data or tags that could be read.{place}"
    told = "; ".join(f"{name}: {text}" for name, text in list(found.exif.items())[:MAX_FIELDS])
    more = f"; and {len(found.exif) - MAX_FIELDS} more in the bundle" if len(found.exif) > MAX_FIELDS else ""
    return f"Its EXIF data and tags: {told}{more}.{place}"


def _hashes(found: Sequence[PerceptualHash]) -> str:
    if not found:
        return "It has no perceptual hash, as no frame of it could be decoded for one."
    said = "; ".join(f"frame {one.frame}: {one.pdq} (quality {one.quality} of 100)" for one in found)
    return f"Its perceptual hash (PDQ) of {said}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"

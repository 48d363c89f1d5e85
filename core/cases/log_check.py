"""Find which entries of a log were edited, deleted, inserted, reordered or cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from .chain import START, LogEntry, digest, hash_of_row
from .seal import Seal
from .signing import is_signed


@dataclass(frozen=True, slots=True)
class LogFinding:
    """Hold what was changed, and where.

    what: edited, deleted, inserted, reordered, truncated, swapped file or swapped model.
    """

    what: str
    where: str


def is_sound(entry: LogEntry) -> bool:
    """Tell whether an entry's hash, text and signature belong together."""
    whole = entry.row_hash == entry.hash and is_text_sound(entry)
    return whole and is_signed(entry.hash.encode(), entry.signature, entry.key)


def is_text_sound(entry: LogEntry) -> bool:
    """Tell whether an entry's text is the one that its subject names."""
    return digest(entry.text.encode("utf-8", "replace")) == entry.subject


def check_log(
    entries: Sequence[LogEntry], hashes: Sequence[str], subjects: Sequence[str], name: str
) -> list[LogFinding]:
    """Check each entry by itself, and all against the hashes they had.

    Args:
        entries: the log, by sequence.
        hashes: of all entries, in their order.
        subjects: of the same; empty where they are not known.
        name: of the log, for the findings.
    """
    known = len(subjects) == len(hashes)
    found, intact = _by_subject(entries, hashes, subjects) if known else (_by_hash(entries, hashes), set())
    moved = any(what != "edited" for what, _ in found)
    for entry in entries:
        # a row that only moved was linked and numbered anew: that is said by what moved it
        if not is_text_sound(entry) or not (is_sound(entry) or (moved and entry.sequence in intact)):
            found.append(("edited", entry.sequence))
    return [LogFinding(what, f"{name}: entry {number}") for what, number in dict.fromkeys(found)]


Change = tuple[str, int]  # what, and the number of the entry


def _by_subject(
    entries: Sequence[LogEntry], hashes: Sequence[str], subjects: Sequence[str]
) -> tuple[list[Change], set[int]]:
    """Align a log with what it was by what the entries say. Also return the rows that only moved."""
    now, found, intact = [entry.subject for entry in entries], list[Change](), set[int]()

    def compare(i: int, entry: LogEntry) -> None:
        before = hashes[i - 1] if i else START
        again = hash_of_row(i + 1, entry.utc, entry.actor, entry.action, entry.subject, before)
        if again == hashes[i]:
            intact.add(entry.sequence)
        else:
            found.append(("edited", i + 1))

    if now != list(subjects) and Counter(now) == Counter(subjects):
        for i, (entry, subject) in enumerate(zip(entries, subjects, strict=True)):
            if entry.subject == subject:
                compare(i, entry)
            else:
                found.append(("reordered", i + 1))
                intact.add(entry.sequence)
        return found, intact
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, subjects, now, autojunk=False).get_opcodes():
        if kind == "equal":
            for i in range(i1, i2):
                compare(i, entries[j1 + i - i1])
        else:
            found += _gap(i1, i2, entries[j1:j2], i2 == len(hashes) and j2 == len(now))
    if not found and [entry.hash for entry in entries] != list(hashes):
        found += [("edited", entry.sequence) for entry, kept in zip(entries, hashes, strict=True) if entry.hash != kept]
    return found, intact


def _by_hash(entries: Sequence[LogEntry], hashes: Sequence[str]) -> list[Change]:
    """Align a log with what it was by the entries' hashes."""
    now = [entry.hash for entry in entries]
    if now == list(hashes):
        return [("reordered", entry.sequence) for number, entry in enumerate(entries, 1) if entry.sequence != number]
    if Counter(now) == Counter(hashes):
        return [("reordered", i + 1) for i, (a, b) in enumerate(zip(now, hashes, strict=True)) if a != b]
    found: list[Change] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, hashes, now, autojunk=False).get_opcodes():
        if kind != "equal":
            found += _gap(i1, i2, entries[j1:j2], i2 == len(hashes) and j2 == len(now))
    return found


def _gap(first: int, last: int, there: Sequence[LogEntry], at_end: bool) -> list[Change]:
    """Name what became of the entries `first` to `last`, where others are now."""
    both = min(last - first, len(there))
    found = [("edited", i + 1) for i in range(first, first + both)]
    found += [("truncated" if at_end else "deleted", i + 1) for i in range(first + both, last)]
    return found + [("inserted", entry.sequence) for entry in there[both:]]


def sealed_chain(entries: Sequence[LogEntry], seal: Seal | None) -> list[str]:
    """Return the hashes that a log should have, walking back from its sealed head.

    Without a genuine seal the walk begins at the last entry. An entry behind the seal counts where the same key signed
    it: its writer was killed before it could seal.
    """
    by_hash = {entry.hash: entry for entry in entries}
    last = entries[-1] if entries else None
    genuine = seal is not None and seal.genuine
    count = seal.entries if seal and genuine else len(entries)
    at = seal.head if seal and genuine else last.hash if last else START
    unsealed = last and seal and genuine and len(entries) == count + 1 and last.previous == at and last.key == seal.key
    tail = [last.hash] if unsealed and last else []
    walked: list[str] = []
    while at in by_hash and len(walked) <= len(entries):
        walked.append(at)
        at = by_hash[at].previous
    if at == START:
        return walked[::-1] + tail
    missing = max(count - len(walked), 1)  # the number of the entry that is not there as it was
    before: list[str] = []
    for entry in entries[: missing - 1]:
        if entry.previous != (before[-1] if before else START):
            break
        before.append(entry.hash)
    gap = [at] * max(1, missing - len(before))
    return [*before, *gap, *walked[::-1], *tail]

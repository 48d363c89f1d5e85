"""Write the sections of a case's report in reading order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.platypus import Flowable, Spacer

from ...storage.files import sha256_of
from ...types.foreign_json import parse_json
from .. import verbal_scale
from ..case_folder import CaseFolder
from ..case_values import CaseRecord, CaseResult, CaseState, Exhibit
from ..kept_results import (
    NOT_ANALYSED,
    NOT_ASKED,
    Kept,
    attack_answer_of,
    attack_words,
    pictures_of,
    rejection_words,
    verdict_words,
)
from ..seen_before import copies_of
from . import report_words as said
from .found_words import provenance_lines, sighting_lines, synthetic_lines
from .report_parts import ReportParts, ScoreRow

MAX_FACES, MAX_MAPPED = 30, 2  # rows of a table of faces; faces whose maps are drawn
UNSTATED = "not stated"
PLOT = (
    "Square: likely manipulated; disc: likely not manipulated; ring: neither. The line is the 95 % interval. "
    "0: nothing speaks for manipulation; 1: everything does."
)
MAPS = (
    "What moved this detector's score here, not where the picture was edited. In maps with a sign, red moved it "
    "towards manipulated, blue away from it; in the others, bright is what mattered."
)


@dataclass(frozen=True, slots=True, eq=False)
class ReportSections:
    """Write sections of one case.

    records: the results that can be read, each with its record; manifest: SHA-256 of the bundle's manifest; written:
    when the report is written, UTC and zone.
    """

    case: CaseFolder
    state: CaseState
    records: Sequence[tuple[CaseResult, Kept]]
    manifest: str
    written: str
    parts: ReportParts

    def all(self) -> Iterator[Flowable]:
        """Yield the whole report."""
        facts = self.state.facts
        yield self.parts.words("Examination report", "small heading")
        yield self.parts.words(facts.title, "title")
        yield self.parts.words(f"Case {facts.id}", "mono")
        yield Spacer(1, 6)
        yield self.parts.box(said.READ_FIRST)
        sections = (
            ("1. Conclusion", self.conclusion),
            ("2. What was asked, and by whom", self.request),
            ("3. Items received", self.items),
            ("4. Results", self.results),
            ("5. Interpretation", self.interpretation),
            ("6. Error rates of the detector", self.error_rates),
            ("7. Limitations", self.limits),
            ("8. What was not done", self.not_done),
            ("9. Tools, versions, settings, machine", self.tools),
            ("10. Steps, in their order", self.steps),
            ("11. How to reproduce", self.reproduce),
            ("12. What the hashes prove", self.integrity),
        )
        for title, write in sections:
            yield self.parts.words(title, "heading")
            yield from write()

    def conclusion(self) -> Iterator[Flowable]:
        """Write the person's conclusion, with the tool's words beside it."""
        found = self.state.conclusion
        if found is None:
            yield self.parts.words("No conclusion was drawn when this report was written.", "large")
            return
        yield self.parts.words(verbal_scale.conclusion_sentence(found.scale, found.proposition), "large")
        yield from self.parts.lines(found.words)
        when = f"on {_utc(found.utc)}"
        yield self.parts.words(f"Concluded by {found.actor} {when}. Reviewer: {found.reviewer}.")
        yield self.parts.words(said.review_words(found, self.state.review))
        scale = ", ".join(verbal_scale.SCALE)
        yield self.parts.words(f"Verbal scale, from none to most: {scale}. {verbal_scale.SOURCE}.", "small")
        rows = [(title, name, words) for title, name, words in found.tool]
        yield self.parts.words(
            "The tool's words beside it, as they stood when the conclusion was drawn:", "small heading"
        )
        yield self.parts.table(("Exhibit", "File", "What the program said"), rows, (0.1, 0.35, 0.55))
        later = [one.title for one in self.state.exhibits if one.title not in {title for title, *_ in found.tool}]
        if later:
            yield self.parts.words(f"Received after this conclusion was drawn, and no part of it: {', '.join(later)}.")

    def request(self) -> Iterator[Flowable]:
        """Write who asked what, who examined, and when."""
        facts, entries = self.state.facts, self.state.entries
        zones = sorted({one.zone for one in self.state.made}) or [UNSTATED]
        yield self.parts.facts(
            [
                ("Asked by", facts.client or UNSTATED),
                ("Question", facts.question or UNSTATED),
                ("Examined by", facts.examiner or UNSTATED),
                ("Also took part", ", ".join(sorted({e.actor for e in entries} - {facts.examiner})) or "nobody"),
                ("Reviewer", self.state.conclusion.reviewer if self.state.conclusion else UNSTATED),
                ("From, to (UTC)", f"{_utc(entries[0].utc)} to {_utc(entries[-1].utc)}"),
                ("Zone of the machine", ", ".join(zones)),
                ("Report written", self.written),
            ]
        )

    def items(self) -> Iterator[Flowable]:
        """Write what was received: container, size, hashes before and after."""
        if not self.state.exhibits:
            yield self.parts.words("Nothing was received.")
        for one in self.state.exhibits:
            result = self.state.result_of(one.sha256)
            record = self._record(result)
            if result:
                before, after = result.sha256_before, result.sha256_after
            else:
                before, after = one.sha256, sha256_of(self.case.original(one))
            yield self.parts.words(f"Exhibit {one.title}", "small heading")
            yield self.parts.facts(
                [
                    ("File name", one.name),
                    ("Received (UTC)", f"{_utc(one.received)}, by {one.actor}"),
                    ("Size", f"{one.bytes:,} bytes"),
                    ("Container", _container(record)),
                    ("SHA-256", one.sha256),
                    ("Hash before", before),
                    ("Hash after", after),
                    ("Unchanged", _unchanged(one, before, after, analysed=result is not None)),
                    ("Malware", said.scan_words(one)),
                ],
                mono=("SHA-256", "Hash before", "Hash after"),
            )

    def results(self) -> Iterator[Flowable]:
        """Write what the program computed, without interpretation."""
        known = any(face["verdict"] and face["verdict"]["calibrated"] for _, r in self.records for face in r["faces"])
        yield self.parts.words(said.BACKGROUND["calibrated" if known else "not"], "small")
        if not self.records:
            yield self.parts.words("No file was analysed." if self.state.records else "There are no results.")
        if self.state.records:
            yield self.parts.words(said.ON_PAGES)
        for result, record in self.records:
            exhibit = self.state.exhibit(result.exhibit)
            title = exhibit.title if exhibit else "?"
            yield self.parts.words(f"Exhibit {title}, log entry {result.sequence}", "small heading")
            yield self.parts.words(f"The program's verdict on the file: {verdict_words(record)}.")
            yield self.parts.words(f"Was it attacked to change that verdict? {attack_words(record)}.")
            if record.get("video"):
                yield self.parts.words(said.video_words(record))
            for face in record["faces"][:MAX_FACES]:
                if face.get("attack"):
                    yield self.parts.words(said.tried_attack_words(face))
            rows = _score_rows(record)
            if rows:
                yield self.parts.scores(rows, f"Plot {title}: score of each judged face, worst first. {PLOT}")
            yield from self._faces(record)
            yield from self.parts.lines("\n".join(synthetic_lines(record)))
            yield from self._maps(result, record, title)
            yield from self._provenance(exhibit, record)

    def interpretation(self) -> Iterator[Flowable]:
        """Write the notes and marks: what persons made of the results."""
        if not self.state.notes and not self.state.marks:
            yield self.parts.words("No notes were made.")
        for note in self.state.notes:
            exhibit = self.state.exhibit(note.exhibit)
            about = f" on {exhibit.title}" if exhibit else ""
            yield self.parts.words(f"{note.actor}{about}, {_utc(note.utc)}:", "caption")
            yield from self.parts.lines(note.text)
        for sha256, mark in self.state.marks.items():
            exhibit = self.state.exhibit(sha256)
            yield self.parts.words(f"{exhibit.title if exhibit else '?'} was marked “{mark.text}” by {mark.actor}.")

    def error_rates(self) -> Iterator[Flowable]:
        """Write how often the detector, and the answers beside it, were wrong."""
        seen: dict[str, tuple[CaseResult, list[str]]] = {}
        for result in self.state.results:
            about, exhibit = result.detector, self.state.exhibit(result.exhibit)
            if about and exhibit and result.failed is None:
                same = json.dumps([about.get(name) for name in ("title", "version", "rates", "answers")])
                titles = seen.setdefault(same, (result, []))[1]
                titles += [exhibit.title] if exhibit.title not in titles else []
        for result, titles in seen.values():
            about, of = result.detector, ", ".join(titles)
            version = about.get("version", "version not kept")
            yield self.parts.words(f"{about.get('title')} ({version}), on data like {of}", "small heading")
            yield from self.parts.bullets([*(about.get("rates") or [said.UNMEASURED]), *about.get("answers", [])])
            yield self.parts.words(f"Trained for: {about.get('scope') or UNSTATED}", "small")
        if seen:
            yield self.parts.words(said.HOW_FAR, "small")
        else:
            yield self.parts.words(said.RATES_OF_PAGES if self.state.records else "No detector was used.")

    def limits(self) -> Iterator[Flowable]:
        """Write the limitations."""
        yield from self.parts.bullets(said.limitations(self.state, self.records))

    def not_done(self) -> Iterator[Flowable]:
        """Write what was not done."""
        yield from self.parts.bullets(said.not_done(self.state, self.records))

    def tools(self) -> Iterator[Flowable]:
        """Write versions, model hashes, settings, seeds and the machine, once for equal results."""
        shown: dict[str, list[CaseResult | CaseRecord]] = {}
        for one in self.state.made:
            own = [one.settings] if isinstance(one, CaseResult) else []
            same = json.dumps([dict(one.versions), dict(one.machine), dict(one.weights), *own], sort_keys=True)
            shown.setdefault(same, []).append(one)
        for results in shown.values():
            one, entries = results[0], ", ".join(str(result.sequence) for result in results)
            what = "Results" if isinstance(one, CaseResult) else "What pages showed (settings in section 10)"
            yield self.parts.words(f"{what} of log entries {entries}", "small heading")
            yield self._tool_facts(one)
        if not shown:
            yield self.parts.words("No analysis was made.")

    def _tool_facts(self, one: CaseResult | CaseRecord) -> Flowable:
        packages = ", ".join(f"{name} {v}" for name, v in one.versions.items() if name not in ("prosopon", "release"))
        rows = [("Program", "Prosopon, a deepfake detector with attribution maps")]
        rows += [("Release", one.versions.get("release", UNSTATED))]
        rows += [("SHA-256 of its code", one.versions.get("prosopon", UNSTATED)), ("Packages", packages)]
        models = {f"Model {name}": sha256 for name, sha256 in one.weights.items()}
        rows += models.items()
        if isinstance(one, CaseResult):
            rows += [("Seed", str(one.settings.get("seed", UNSTATED)))]
            rows += [("All settings", json.dumps(one.settings, sort_keys=True, ensure_ascii=False))]
        rows += [("Machine", ", ".join(f"{name}: {value}" for name, value in one.machine.items()))]
        return self.parts.facts(rows, mono=("SHA-256 of its code", "All settings", *models))

    def steps(self) -> Iterator[Flowable]:
        """Write the log, entry by entry."""
        rows = [
            (str(e.sequence), _utc(e.utc), e.actor, self._step(e.sequence), e.hash[:16]) for e in self.state.entries
        ]
        yield self.parts.table(("Entry", "UTC", "Who", "What", "Hash begins"), rows, (0.07, 0.23, 0.14, 0.38, 0.18))
        yield self.parts.facts(
            [("Entries", str(len(rows))), ("Head of the chain", self.state.head), ("Manifest SHA-256", self.manifest)],
            mono=("Head of the chain", "Manifest SHA-256"),
        )
        if self.state.records:
            yield self.parts.words("What was done on the pages of the program, in its order", "small heading")
            yield self.parts.words(said.ADDED, "small")
        for one in self.state.records:
            exhibit = self.state.exhibit(one.exhibit)
            yield self.parts.words(f"Entry {one.sequence}, {exhibit.title if exhibit else 'no exhibit'}: {one.kind}")
            settings = json.dumps(one.settings, sort_keys=True, ensure_ascii=False)
            facts = [("Result", one.words), ("Settings", settings), ("File", one.place)]
            yield self.parts.facts(facts, mono=("Settings", "File"))

    def reproduce(self) -> Iterator[Flowable]:
        """Write how to see the same results."""
        for number, step in enumerate(said.reproduction(self.state), 1):
            yield self.parts.words(f"{number}. {step}")

    def integrity(self) -> Iterator[Flowable]:
        """Write what a hash proves, and what it does not."""
        yield self.parts.box(said.INTEGRITY)

    def _record(self, result: CaseResult | None) -> Kept | None:
        return next((record for one, record in self.records if result and one.sequence == result.sequence), None)

    def _faces(self, record: Kept) -> Iterator[Flowable]:
        faces = sorted(record["faces"], key=lambda face: -(face["verdict"] or {"p_fake": -1})["p_fake"])
        rows = [_face_row(face) for face in faces[:MAX_FACES]]
        if rows:
            yield self.parts.table(
                ("Frame, face", "Score", "95 % interval", "Verdict in words", "Was it attacked?"),
                rows,
                (0.14, 0.1, 0.19, 0.29, 0.28),
            )
        if len(faces) > MAX_FACES:
            yield self.parts.words(f"{len(faces) - MAX_FACES} more faces are in the bundle's results.", "caption")

    def _provenance(self, exhibit: Exhibit | None, record: Kept) -> Iterator[Flowable]:
        """Write what the file says of itself, and where copies of it are."""
        yield self.parts.words("What the file says of itself", "caption")
        yield from self.parts.bullets(provenance_lines(record))
        if exhibit:
            yield from self.parts.bullets(sighting_lines(copies_of(self.case, self.state, exhibit)))

    def _maps(self, result: CaseResult, record: Kept, title: str) -> Iterator[Flowable]:
        judged = [face for face in record["faces"] if face["verdict"]]
        faces = sorted(judged, key=lambda face: -face["verdict"]["p_fake"])[:MAX_MAPPED]
        pictures = pictures_of(self.case, result)
        for face in faces:
            found = pictures.get(f"frame{face['frame']:06d}_track{face['track']}", {})
            items: list[tuple[Path, str]] = [
                (path, _picture_name(what)) for what, path in sorted(found.items(), key=lambda one: one[0] != "crop")
            ]
            where = f"Figure {title}: frame {face['frame']}, face {face['track'] + 1}."
            yield from self.parts.pictures(items, f"{where} {MAPS}" if len(items) > 1 else where)

    def _step(self, sequence: int) -> str:
        """Say what a log entry did, in a few words."""
        entry = self.state.entries[sequence - 1]
        text = parse_json(entry.text)
        exhibit = self.state.exhibit(str(text.get("exhibit") or text.get("sha256")))
        name = exhibit.title if exhibit else "the case"
        note = " ".join(str(text.get("text", "")).split())
        words = {
            "create": f"opened the case “{self.state.facts.title}”",
            "add": f"received {name}",
            "analyse": f"analysed {name}: {text.get('folder', '')}",
            "fail": f"could not analyse {name}: {text.get('failed')}",
            "record": f"added to {name}: {text.get('kind')}",
            "note": f"note on {name}: {note[:80]}{'…' if len(note) > 80 else ''}",
            "mark": f"marked {name}: {note}",
            "review": f"reviewed the conclusion, in a session of {text.get('session')}",
            "conclude": f"concluded: {text.get('scale')}; reviewer {text.get('reviewer')}",
        }
        return words.get(entry.action, entry.action)


def _utc(utc: str) -> str:
    return f"{utc[:10]} {utc[11:19]} UTC"


def _container(record: Kept | None) -> str:
    if record is None:
        return NOT_ANALYSED
    media = record["media"]
    frames = f", {media['frames']} frames" if media["frames"] > 1 else ""
    size = f"{media['kind']}, {media['width']} x {media['height']} pixels{frames}"
    rate = f", {media['fps']} frames a second" if media["fps"] else ""
    told = "; ".join(f"{name}: {value}" for name, value in media["metadata"].items())
    return f"{size}{rate}{f' ({told})' if told else ''}"


def _unchanged(exhibit: Exhibit, before: str, after: str, *, analysed: bool) -> str:
    if not exhibit.sha256 == before == after:
        return "NO: the hashes differ"
    if analysed:
        return "yes: received, before and after its analysis are equal"
    return "yes: received and when this report was written are equal; it was not analysed"


def _score_rows(record: Kept) -> list[ScoreRow]:
    judged = [face for face in record["faces"] if face["verdict"]]
    rows = []
    for face in sorted(judged, key=lambda one: -one["verdict"]["p_fake"]):
        verdict, ends = face["verdict"], face["verdict"]["interval"]
        name = f"frame {face['frame']}, face {face['track'] + 1}"
        rows.append(ScoreRow(name, verdict["p_fake"], ends and (ends[0], ends[1]), verdict["band"]))
    return rows


def _face_row(face: Kept) -> tuple[str, str, str, str, str]:
    where, verdict = f"{face['frame']}, {face['track'] + 1}", face["verdict"]
    if verdict is None:
        return where, "", "", f"no verdict: {rejection_words(face)}", ""
    ends = verdict["interval"]
    asked = attack_answer_of(face)
    answer = asked["label"] if asked else NOT_ASKED
    words = f"{verdict['band']}{': ' + verdict['abstained'] if verdict['abstained'] else ''}"
    return where, f"{verdict['p_fake']:.3f}", f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else "none", words, answer


def _picture_name(what: str) -> str:
    return {"crop": "The face as it was judged", "attacked": "The attacked face"}.get(what, f"Map: {what}")

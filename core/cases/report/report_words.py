"""Word what a report says of every case. Limits, what was not done, what hashes prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ...media.malware_scan import CLEAN
from ..case_values import CaseResult, CaseState, Conclusion, Exhibit, Review
from ..kept_results import Kept, attack_answer_of, rejection_words

READ_FIRST = (
    "This report has three voices, kept apart. Results are what the program computed; interpretation is what the "
    "examiner noted; the conclusion is the examiner's, reviewed by a second person. “Manipulated” means that a "
    "detector of face forgeries (swapped, generated or reenacted faces) found signs of one in a face."
)
INTEGRITY = (
    "Integrity is not authenticity. The SHA-256 hashes prove integrity: that a file is, byte for byte, the one that "
    "was received and examined, and that the log was not changed after it was written. They do not prove authenticity: "
    "that a file shows what happened, who made it, or that it was unchanged before it was received. The signature "
    "proves that the holder of the key wrote the manifest, not who that person is."
)
ALWAYS = (
    "A detector answers for the kinds of forgeries that it was trained and measured on; other kinds may pass it. "
    "That no sign was found does not show that a file is genuine.",
    "The detector looks at faces only: not at sound, background, text, nor at what is said or shown.",
    "Strong compression, small or turned faces and editing after the forgery make its answers less sure.",
    "A map shows what moved this detector's score. It does not show where a picture was edited.",
)
NOT_DONE = (
    "No second, independent tool examined the exhibits.",
    "The persons shown were not identified.",
    "How the exhibits came into being was not traced beyond what their files say.",
)
UNMEASURED = "Its error rates were not measured on data like this."
HOW_FAR = (
    "How far these rates hold for the exhibits depends on how much they are like the measured data: the same kinds of "
    "forgery, compression and size of faces."
)
ON_PAGES = "What was done on the pages of the program, with what they showed, is listed in section 10."
RATES_OF_PAGES = (
    "No file was analysed. What pages showed names its detector among its settings in section 10; its error rates are "
    "not in this report."
)
BACKGROUND = {
    "calibrated": "A score is the probability that the face is forged if half of all faces were forged. Its interval "
    "is the 95 % interval of the share of forgeries among the calibration faces with a score like it, "
    "widened to the score itself where that lies beyond it.",
    "not": "The detector is not calibrated here: a score is no probability, and has no interval.",
}
INSTALL = "python3 -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt"
FINGERPRINT = 'python -c "from core.storage.code_fingerprint import *; print(code_fingerprint())"'


def review_words(found: Conclusion, review: Review | None) -> str:
    """Name the log entry of a conclusion's review, and what it shows."""
    if review is None:
        return f"The log holds no entry of a review by {found.reviewer}."
    when = f"{review.utc[:10]} {review.utc[11:19]} UTC"
    return (
        f"The review is log entry {review.sequence}, by {review.actor} on {when}, logged in a session of "
        f"{review.session}. The log shows that the name was given there; it does not prove who that person is."
    )


def scan_words(exhibit: Exhibit) -> str:
    """Say whether an original was scanned for malware. By what, when, and what came of it."""
    scan = exhibit.scan
    if not scan:
        return "whether it was scanned was not noted: it was added by an older version"
    when = f"{scan['utc'][:10]} {scan['utc'][11:19]} UTC"
    if scan["result"] == CLEAN:
        return f"scanned by {scan['scanner']} on {when}; nothing that it knows was found"
    return f"not scanned for malware on {when}: {scan['reason']}"


def limitations(state: CaseState, records: Sequence[tuple[CaseResult, Kept]]) -> list[str]:
    """List limits, those of every case and those that its results tell."""
    found = list(ALWAYS)
    for result, record in records:
        exhibit = state.exhibit(result.exhibit)
        title = exhibit.title if exhibit else "?"
        media, frames = record["media"], result.settings.get("frames", 1)
        if media["frames"] > frames:
            found.append(f"{title}: {frames} of {media['frames']} frames were judged, evenly spread.")
        none = [face for face in record["faces"] if face["verdict"] is None]
        if none:
            reasons = "; ".join(sorted({rejection_words(face) for face in none}))
            found.append(f"{title}: {len(none)} of {len(record['faces'])} found faces were not judged ({reasons}).")
        if not record["faces"]:
            found.append(f"{title}: no face was found, so there is no verdict.")
        found += [f"{title}: {note}." for note in media["notes"]]
    return [*found, *sorted(attack_scopes(record for _, record in records))]


def video_words(record: Kept) -> str:
    """Say the mean score of a video, and how many faces have each verdict."""
    video, bands = record["video"], Counter(face["verdict"]["band"] for face in record["faces"] if face["verdict"])
    low, high = video["p_fake_interval"]
    counts = ", ".join(f"{band.lower()} in {count}" for band, count in bands.most_common())
    return (
        f"Mean score over {video['frames_judged']} judged frames: {video['p_fake']:.3f} (95 % interval {low:.3f} to "
        f"{high:.3f}). Of {sum(bands.values())} faces judged in them: {counts}."
    )


def tried_attack_words(face: Kept) -> str:
    """Say what an attack that the examiner tried did to a verdict."""
    tried = face["attack"]
    before, after = (f"“{tried[when]['band']}” ({tried[when]['p_fake']:.3f})" for when in ("before", "after"))
    return (
        f"Tried by the examiner on frame {face['frame']}, face {face['track'] + 1}: the attack {tried['name']}, "
        f"largest change {255 * tried['linf']:.0f}/255. The verdict was {before} before it and {after} after it."
    )


ADDED = (
    "Each was added by hand, as it was shown. It is in the bundle, and verify finds any change of it; replay "
    "computes most kinds of it again, and names what it does not."
)


def attack_scopes(records: Iterable[Kept]) -> set[str]:
    """Collect what the answers to "was it attacked?" hold for."""
    answers = [answer for record in records for face in record["faces"] if (answer := attack_answer_of(face))]
    return {f"The answer to “Was it attacked?” holds for this: {answer['scope']}" for answer in answers}


def not_done(state: CaseState, records: Sequence[tuple[CaseResult, Kept]]) -> list[str]:
    """List what was not done, in every case and in this one."""
    found = list(NOT_DONE)
    analysed = {result.exhibit for result, _ in records}
    for one in state.exhibits:
        if one.sha256 not in analysed:
            why = next((r.failed for r in reversed(state.results) if r.exhibit == one.sha256 and r.failed), None)
            found.append(f"{one.title} was not analysed{f': {why}' if why else ''}.")
    shown = {(one.exhibit, one.kind) for one in state.records}

    def missing(setting: str, *kinds: str) -> bool:
        without = [result.exhibit for result, _ in records if not result.settings.get(setting)]
        return any(not any((exhibit, kind) in shown for kind in kinds) for exhibit in without)

    if missing("maps", "maps"):
        found.append("Attribution maps were not computed for every exhibit.")
    if missing("attack", "attack", "attack-file", "sweep"):
        found.append("How far the verdicts withstand an adversarial attack was not tried on every exhibit.")
    asked = any(attack_answer_of(face) for _, record in records for face in record["faces"])
    if not asked and all(kind != "attack-answer" for _, kind in shown):
        found.append("Whether a face had been attacked to change the verdict was not asked, or could not be.")
    return found


def reproduction(state: CaseState, bundle: str = "FILE.zip") -> list[str]:
    """List the steps that show the same results again."""
    made = {(one.versions.get("release", "not noted"), one.versions.get("prosopon", "not noted")) for one in state.made}
    programs = "; ".join(f"release {number}, SHA-256 of its code {sha256}" for number, sha256 in sorted(made))
    return [
        f"Get Prosopon as it was when the results were made: {programs or 'nothing was computed here'}. In its folder, "
        f"with Python 3.11 or newer, it is installed by: {INSTALL}",
        f"{FINGERPRINT}    prints the SHA-256 of the code that you have. Packages of other versions than those in "
        "section 9 are replaced by: pip install NAME==VERSION",
        f"Ask for the evidence bundle of this case, here called {bundle}. It holds the originals, all results, the log "
        "and a signed manifest.",
        f"Compute the SHA-256 of {bundle}'s file manifest.json, for instance with sha256sum. It has to be the one at "
        "the foot of every page of this report.",
        f"python -m core case verify {bundle}    names every file and every log entry that was changed, if any.",
        f"python -m core case replay {bundle}    computes every analysis again from the originals, with the settings "
        "of section 9, and most kinds of what pages showed; it names what it does not compute again. "
        "With the same code, packages, processor and number of threads the results are bit-equal; "
        "otherwise they agree within 0.001.",
    ]

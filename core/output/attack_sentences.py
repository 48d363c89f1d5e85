"""Say what an attack did to a verdict in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..detectors.detector import INCONCLUSIVE
from ..media.post_processing import AS_IS
from ..types import AttackResult, Verdict
from ..types.attack_answer import SIGNS, AttackAnswer
from ..types.attack_metrics import Finding, SweepRow
from ..types.robustness_rows import RobustnessRow
from ..types.tracks import FileVerdict
from .text import counted
from .verdict_sentences import band_words


def attack_sentence(result: AttackResult) -> str:
    """Say whether the verdict turned, and both verdicts."""
    return f"{turned_words(result)}: {_said(result.before)} → {_said(result.after)}."


def turned_words(result: AttackResult) -> str:
    """Say whether the verdict turned, held, or decides no more."""
    before, after = result.before.band, result.after.band
    if result.success and before.startswith(INCONCLUSIVE) and after.startswith(INCONCLUSIVE):
        return "Inconclusive before and after, but the larger output turned"
    if not result.success and before == after:
        return "The verdict held"
    return "The verdict is inconclusive now" if after == INCONCLUSIVE else "The verdict turned"


def file_attack_sentence(before: FileVerdict, lossless: FileVerdict, lossy: FileVerdict | None) -> str:
    """Say whether a file's verdict turned, and whether coding with a loss undoes that."""
    was, now = before.band.lower(), lossless.band.lower()
    if was == now:
        said = f"The file's verdict held: {was}"
    elif now == INCONCLUSIVE.lower():
        said = f"The file's verdict is inconclusive now: {was} → {now}"
    else:
        said = f"The file's verdict turned: {was} → {now}"
    if lossy is None:
        return f"{said}."
    coded = lossy.band.lower()
    return f"{said}, {'also' if coded == now else coded} after coding with a loss."


WHICH = {"fake": "Output “manipulated”", "all": "All judged"}  # faces that are swept over


def sweep_sentence(rows: Sequence[SweepRow], titles: Mapping[str, str]) -> str:
    """Say from which epsilon each attack turns every face, or how far it gets.

    Args:
        rows: of a sweep, by attack, then epsilon.
        titles: of the attacks by name.
    """
    said = []
    for name in dict.fromkeys(row.attack for row in rows):
        mine = [row for row in rows if row.attack == name and row.called_fake]
        if not mine:
            continue
        most = max(mine, key=lambda row: (row.success or 0.0, -row.eps_255))
        size = f"{most.eps_255:.4g}/255"
        if most.turned == most.called_fake:
            said.append(f"{titles[name]} turns {_all(most.called_fake)} at {size}")
        elif most.turned:
            said.append(f"{titles[name]} {most.turned} of {most.called_fake} at {size}")
        else:
            said.append(f"{titles[name]} none up to {max(row.eps_255 for row in mine):.4g}/255")
    return "; ".join(said) + "." if said else "There is no face to turn."


def _all(count: int) -> str:
    return "the face" if count == 1 else f"all {count} faces"


def masking_sentence(findings: Sequence[Finding], faces: int) -> str:
    """Say how many signs of a masked gradient were found, on how many faces."""
    warned = sum(one.warned for one in findings)
    return f"{warned} of {len(findings)} signs of a masked gradient were found, on {faces} face{'s' * (faces != 1)}."


def notice_sentence(result: AttackResult, answer: AttackAnswer | None) -> str:
    """Say by how much pixels changed, and whether "was it attacked?" notices it."""
    size = f"No pixel changed by more than {result.linf * 255:.0f}/255"
    if answer is None:
        return f"{size}. “Was it attacked?” was not asked."
    if not result.success:
        return f"{size}. “Was it attacked?” answers: {answer.label[0].lower()}{answer.label[1:]}."
    if answer.label == SIGNS:
        return f"{size}, and “Was it attacked?” notices it."
    return f"{size}, and “Was it attacked?” misses it: {answer.label[0].lower()}{answer.label[1:]}."


def survival_sentence(rows: Sequence[RobustnessRow]) -> str:
    """Count after how many ways of sharing the attack changes the verdict."""
    ways = [row for row in rows if row.operation != AS_IS]
    changed = sum(row.changes_verdict for row in ways)
    said = f"The attack still changes the verdict after {changed} of {counted(len(ways), 'way')}."
    if not ways:
        return said
    attacked, clean = (_counted(one) for one in ([row.attacked for row in ways], [row.clean for row in ways]))
    return f"{said} Attacked: {attacked}. Clean: {clean}."


def _counted(verdicts: Iterable[Verdict]) -> str:
    """Count verdicts by their words, the most frequent first."""
    counts = Counter(one.band.lower() for one in verdicts).most_common()
    return ", ".join(f"{band} after {count}" for band, count in counts)


def _said(verdict: Verdict) -> str:
    return band_words(verdict).lower()

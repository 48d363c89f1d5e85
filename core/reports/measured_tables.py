"""Put what was measured into tables of words."""

from __future__ import annotations

from collections.abc import Mapping

from ..attacks import ATTACKS
from ..explain import EXPLAINERS
from ..output.text import NOT_MEASURED, TARGETS, number_words, share_words
from ..types.map_summaries import KeptRow, MapQuality, MeanOfFaces, RangeOfFaces
from ..types.measured_results import (
    MeasuredConservation,
    MeasuredCorruptions,
    MeasuredCritical,
    MeasuredDetection,
    MeasuredDetector,
    MeasuredMaps,
)
from ..types.shortcut_metrics import ShortcutEvaluation

Rows = list[dict[str, str]]
FAKE = TARGETS["fake"]  # the larger output, which is no verdict
MIN_MEDIA = 20  # media of a kind: below that an AUC says nothing
METRICS = {
    "auc": ("AUC", "a forged one scores higher than a real one; 0.5 is chance; higher is better"),
    "eer": ("equal error rate", "both kinds of error where they are equally frequent; lower is better"),
    "ap": ("average precision", "over all thresholds; depends on how many are forged; higher is better"),
    "accuracy": ("accuracy", "the share of right labels; higher is better"),
    "precision": ("precision", "of those with output “manipulated”, how many are forged; higher is better"),
    "ece": ("calibration error", "how far the probability lies from the truth; lower is better"),
}
GAPS = {"false_positive_rate": f"real with {FAKE}", "miss_rate": "forged missed", "auc": "AUC"}
COMPOSITES = {
    "epsilon-plus-flat": "EpsilonPlusFlat (present A flat)",
    "epsilon-alpha2-beta1-flat": "EpsilonAlpha2Beta1Flat (B flat)",
    "epsilon-gamma-box": "EpsilonGammaBox",
}
MAP_METRICS = {
    "deletion AUC": "lower is better",
    "insertion AUC": "higher is better",
    "adversarial top-3 drop": "higher is better",
    "sanity check": "near 0 is better",
    "max-sensitivity": "lower is better",
}
AGAINST_CHANCE = ("deletion AUC", "insertion AUC")
PLACES = {"critical": "critical pixels", "moved": "moved elsewhere", "random": "random pixels"}


def score_rows(found: MeasuredDetector) -> Rows:
    """Write each metric frame by frame and by medium, with 95% intervals."""
    rows = []
    for name, (title, meaning) in METRICS.items():
        row = {"figure": title}
        for part, words in ((found.frame, "frame by frame"), (found.video, "by medium")):
            show = number_words if name in ("auc", "ece") else share_words
            known = part is not None and hasattr(part, name)
            row[words] = show(getattr(part, name), getattr(part.intervals, name)) if part and known else ""
        rows.append({**row, "what it is": meaning})
    return rows


def kind_rows(found: MeasuredDetector) -> Rows:
    """Make one row per kind: media, AUC against real, shares called right or fake."""
    rows = []
    for kind, n in found.n.items():
        more = found.kinds.get(kind)
        auc = number_words((found.auc or {}).get(kind), more.auc_interval if more else None)
        auc = "too few media" if n < MIN_MEDIA else auc
        called = share_words((found.called_fake or {}).get(kind))
        row = {"kind": kind, "media": str(n), "AUC against real": "" if kind == "real" else auc, FAKE: called}
        if more:
            row["right by label"] = share_words(more.Vid, more.Vid_interval)
            row["right frame by frame"] = share_words(more.F2F, more.F2F_interval)
        missing = found.no_verdict
        rows.append({**row, "no verdict": "" if isinstance(missing, int) else str(missing.get(kind, 0))})
    return rows


def corruption_rows(found: MeasuredCorruptions) -> Rows:
    """Write one row a condition."""
    return [
        {
            "condition": row.condition,
            "AUC": number_words(row.auc, row.auc_interval),
            "AUC lost": "" if row.auc_lost is None else number_words(row.auc_lost, row.auc_lost_interval),
            f"real with {FAKE}": share_words(row.called_fake_real, row.called_fake_real_interval),
            f"forged with {FAKE}": share_words(row.called_fake_forged, row.called_fake_forged_interval),
            "judged": f"{row.n_real} real, {row.n_forged} forged",
            "no verdict": str(row.no_verdict),
        }
        for row in found.conditions
    ]


def shortcut_rows(found: ShortcutEvaluation) -> Rows:
    """Write one row a control; the first is of the faces as they are."""
    return [
        {
            "control": row.control,
            "beside each other": f"{row.first} ({row.n[0]}); {row.rest} ({row.n[1]})",
            "AUC": number_words(row.auc, row.auc_interval),
            "at chance": "yes" if row.at_chance else "no",
        }
        for row in found.controls
    ]


def group_rows(found: MeasuredCorruptions) -> Rows:
    """Write one row a group."""
    return [
        {
            "by": row.attribute,
            "group": row.group,
            "faces": f"{row.n_real} real, {row.n_forged} forged",
            f"real with {FAKE}": share_words(row.false_positive_rate, row.false_positive_interval),
            "forged missed": share_words(row.miss_rate, row.miss_interval),
            "AUC": number_words(row.auc, row.auc_interval),
        }
        for row in found.groups
    ]


def disparity_rows(found: MeasuredCorruptions) -> Rows:
    """Make rows of the largest gap of each attribute and measure."""
    rows = []
    for gap in found.gaps:
        show = number_words if gap.measure == "auc" else share_words
        more = "yes: the interval excludes 0" if gap.excludes_zero else "not shown: the interval reaches 0"
        rows.append(
            {
                "by": gap.attribute,
                "measure": GAPS.get(gap.measure, gap.measure),
                "highest": gap.highest,
                "lowest": gap.lowest,
                "gap": show(gap.gap, gap.interval),
                "more than chance": more if gap.interval else NOT_MEASURED,
            }
        )
    return rows


def detection_rows(attacks: Mapping[str, MeasuredDetection]) -> Rows:
    """Make one row per attack and scope: accuracy, AUC and number of crops."""
    return [
        {
            "attack": ATTACKS[name].title if name in ATTACKS else name,
            "crops": scope,
            "accuracy": "" if part.accuracy is None else f"{part.accuracy:.1%}",
            "AUC": "" if part.auc is None else f"{part.auc:.3f}",
            "unattacked": str(part.n[0]),
            "attacked": str(part.n[1]),
        }
        for name, found in attacks.items()
        for scope, part in (
            ("all", found.everywhere),
            (f"{TARGETS['real']}: when it is asked", found.called_real),
            ("all, its map made black", found.map_black),
        )
        if part
    ]


def conservation_rows(found: MeasuredConservation) -> Rows:
    """Write one row a composite of LRP."""
    return [
        {
            "composite": COMPOSITES.get(rule, rule),
            "biases counted": _range(one.with_biases),
            "without biases": _range(one.without_biases),
            "within 5%": f"{round(one.near * one.n)} of {one.n} faces",
        }
        for rule, one in found.rules.items()
    ]


def quality_table(found: MeasuredMaps) -> Rows:
    """Make one row per map, the random one last, compared with chance."""
    return [
        {"map": map_title(name)}
        | {f"{metric} ({better})": _cell(row.get(metric)) for metric, better in MAP_METRICS.items()}
        for name, row in found.maps.items()
    ]


def critical_table(found: MeasuredCritical) -> Rows:
    """Write one row for each purpose and share of pixels."""
    return [
        {"critical for": row.purpose, "pixels": f"{row.share:.0%}"}
        | {words: number_words(fall.mean, fall.interval) for words, fall in _falls(row).items()}
        for row in found.rows
    ]


def map_title(name: str) -> str:
    """Give a map's name for people."""
    return EXPLAINERS[name].title if name in EXPLAINERS else name


def _range(one: RangeOfFaces) -> str:
    return f"{one.median:.3f} ({one.min:.3f} to {one.max:.3f})"


def than_chance(metric: MapQuality) -> str | None:
    """Say better, worse or no better; None where random maps lack the metric."""
    interval = metric.than_chance and metric.than_chance.interval
    if not interval:
        return None
    return "better" if interval[0] > 0 else "worse" if interval[1] < 0 else "no better"


def _falls(row: KeptRow) -> dict[str, MeanOfFaces]:
    places = {"critical": row.critical, "moved": row.moved, "random": row.random}
    return {words: places[place].fall for place, words in PLACES.items()}


def _cell(metric: MapQuality | None) -> str:
    if metric is None:
        return ""
    median = metric.values.median
    if median is None:
        return "degenerate"
    word = than_chance(metric)
    few = f", {metric.degenerate} degenerate" if metric.degenerate else ""
    return f"{median:.3f}{f', {word}' if word else ''}{few}"

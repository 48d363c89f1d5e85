"""Repeat Arif's study of attacks on a classifier of digits."""

from __future__ import annotations

from collections.abc import Callable

from ...types import Array
from ...types.study_tables import StudyCell, StudyRow, StudyTable
from .. import arif_paper as paper
from ..arif_data import ArifData, arif_data
from ..arif_embedding import digit_embedding
from ..arif_pixels import critical_maps, group_table, heat_maps
from ..arif_signatures import attacked_table, critical_table
from ..arif_units import units_table
from ..attacked_digits import ATTACKS_OF_ARIF, attacked_predictions
from ..base import STUDIES, StudyContext, StudyFacts, StudyPart
from ..class_scores import class_scores
from ..digit_signatures import DigitSignatures, digit_signatures
from ..mnist_file import CLASSES, MNIST
from ..unit_changes import digit_units

NETWORK = (
    "The paper's network is not described; it is right on 9,834 of 10,000 digits. This one was trained here: at equal "
    "accuracy two networks differ in robustness."
)
FLOATS = "The attacks are this project's own, in floating point, with Foolbox's default settings."


BY_SIGNATURES: dict[str, Callable[[StudyContext, ArifData, DigitSignatures, dict[str, StudyCell]], StudyTable]] = {
    "figure 3": heat_maps,
    "table 1": lambda context, _, found, given: critical_table(context, found, given),
    "figure 4": critical_maps,
    "figure 6": lambda context, _, found, given: group_table(context, found, given),
    "case 4": lambda _context, _, found, given: attacked_table(found, given),
}


@STUDIES.add(
    "arif",
    title="Arif: attacks on a classifier of digits",
    source="Arif, Enhancing Deep Learning Robustness: A Multidimensional Approach Against Adversarial Threats",
    facts=StudyFacts(
        about="How many digits that a small network reads correctly do BIM, FGSM, DeepFool and PGD turn, by epsilon?",
        parts=(
            StudyPart("table 3", "Digits misclassified, by attack and epsilon"),
            StudyPart("table 4", "F1, precision and recall of each class under attack"),
            StudyPart("figure 5", "Robust accuracy against epsilon"),
            StudyPart("figure 2", "UMAP of digits with adversarial examples"),
            StudyPart("figure 3", "SHAP heat maps of clean and attacked digits"),
            StudyPart("table 1", "Critical pixels for attack generation and detection"),
            StudyPart("figure 4", "Critical pixels of attacked digits"),
            StudyPart("figure 6", "SHAP values of critical and other pixels"),
            StudyPart("case 3", "Penultimate units that change most under attack"),
            StudyPart("case 4", "Attacked or not, by Deep SHAP signatures"),
        ),
        needs=(MNIST,),
    ),
)
def arif(context: StudyContext, part: str) -> StudyTable:
    """Measure a table or figure of the paper on MNIST.

    Differs: the network is trained here, see `DigitNetwork`; attacks are this project's own.
    """
    data = arif_data(context)
    settings = _settings(context, data)
    if part == "figure 2":
        return digit_embedding(context, data, settings)
    if part == "case 3":
        return units_table(digit_units(context, data), settings)
    if part in BY_SIGNATURES:
        return BY_SIGNATURES[part](context, data, digit_signatures(context, data), settings)
    found = attacked_predictions(context, data.folder, data.network, data.correct, paper.EPSILONS)
    return {"table 3": _misclassified, "table 4": _classes, "figure 5": _robust}[part](context, data, found)


def _settings(context: StudyContext, data: ArifData) -> dict[str, StudyCell]:
    attacks: dict[str, StudyCell] = {}
    for one in ATTACKS_OF_ARIF:
        attacks[one.title] = ", ".join(
            f"{key} {value if isinstance(value, str | int) else f'{value:.4g}'}"
            for key, value in one.settings(1.0).items()
            if key != "eps"
        ).replace("alpha", "alpha / eps")
    return {
        "seed": context.seed,
        "minutes": context.minutes,
        "clean accuracy": round(data.accuracy, 4),
        "correct digits": len(data.correct.labels),
        **attacks,
        "data sha256": data.sha256,
    }


def _notes(data: ArifData, n: int) -> tuple[str, ...]:
    whole = len(data.correct.labels)
    part = f"Measured on {n} of {whole} correct digits, drawn at random: compare shares." if n < whole else ""
    return tuple(note for note in (part, NETWORK, FLOATS) if note)


def _wrong(data: ArifData, found: Array) -> Array:
    """Tell which predictions (attacks, epsilons, n) are not the label."""
    wrong: Array = found != data.correct.labels.numpy()[: found.shape[2]]
    return wrong


def _misclassified(context: StudyContext, data: ArifData, found: Array) -> StudyTable:
    chosen = [paper.EPSILONS.index(eps) for eps in paper.TABLE_3_EPSILONS]
    counts = _wrong(data, found)[:, chosen].sum(2)
    n = found.shape[2]
    rows: tuple[StudyRow, ...] = tuple(
        (one.title, *(int(count) for count in own)) for one, own in zip(ATTACKS_OF_ARIF, counts, strict=True)
    )
    printed: tuple[StudyRow, ...] = tuple((one.title, *paper.MISCLASSIFIED[one.title]) for one in ATTACKS_OF_ARIF)
    share, theirs = counts[1, 3] / n, paper.MISCLASSIFIED["FGSM"][3] / paper.CORRECT
    return StudyTable(
        "arif",
        "table 3",
        ("attack", *(f"{eps:g}" for eps in paper.TABLE_3_EPSILONS)),
        rows,
        printed,
        _settings(context, data),
        n,
        "Digits misclassified, by attack and epsilon",
        f"At epsilon 0.1 FGSM turns {share:.0%} of {n} digits, in the paper {theirs:.0%} of {paper.CORRECT}.",
        _notes(data, n),
        paper.CORRECT,
    )


def _robust(context: StudyContext, data: ArifData, found: Array) -> StudyTable:
    shares = 1 - _wrong(data, found).mean(2)
    n = found.shape[2]
    rows: tuple[StudyRow, ...] = tuple(
        (one.title, 1.0, *(round(float(share), 4) for share in own))
        for one, own in zip(ATTACKS_OF_ARIF, shares, strict=True)
    )
    worst = int(shares.sum(1).argmin())
    return StudyTable(
        "arif",
        "figure 5",
        ("attack", "0", *(f"{eps:g}" for eps in paper.EPSILONS)),
        rows,
        tuple(_printed_shares(one.title) for one in ATTACKS_OF_ARIF),
        _settings(context, data),
        n,
        "Robust accuracy against epsilon",
        f"{ATTACKS_OF_ARIF[worst].title} costs most: at epsilon 0.1 {shares[worst, 3]:.0%} of {n} digits are left.",
        ("The paper draws this figure without numbers: its shares are those of its table III.", *_notes(data, n)),
    )


def _printed_shares(title: str) -> StudyRow:
    """Return 1 minus table III's shares; None at 0.15, which it leaves out."""
    known = dict(zip(paper.TABLE_3_EPSILONS, paper.MISCLASSIFIED[title], strict=True))
    shares = (None if eps not in known else round(1 - known[eps] / paper.CORRECT, 4) for eps in paper.EPSILONS)
    return (title, 1.0, *shares)


def _classes(context: StudyContext, data: ArifData, found: Array) -> StudyTable:
    order = sorted(ATTACKS_OF_ARIF, key=lambda one: one.title.lower())
    n, labels = found.shape[2], data.correct.labels.numpy()[: found.shape[2]]
    rows: list[StudyRow] = []
    for at, eps in enumerate(paper.EPSILONS):
        scores = [class_scores(labels, found[ATTACKS_OF_ARIF.index(one), at], CLASSES) for one in order]
        for digit in range(CLASSES):
            cells = [round(float(one[metric, digit]), 4) for metric in range(3) for one in scores]
            rows.append((eps, digit, *cells))
    printed = paper.table_4()
    at_tenth = rows[3 * CLASSES : 4 * CLASSES]
    scores_there = [float(row[4] or 0) for row in at_tenth]  # F1 under FGSM at 0.1
    hardest = scores_there.index(min(scores_there))
    return StudyTable(
        "arif",
        "table 4",
        ("epsilon", "class", *(f"{name} {one.title}" for name in ("F1", "precision", "recall") for one in order)),
        tuple(rows),
        tuple((eps, digit, *values) for (eps, digit), values in printed.items()),
        _settings(context, data),
        n,
        "F1, precision and recall of each class under attack",
        f"Under FGSM at epsilon 0.1 the digit {hardest} is read worst: F1 {scores_there[hardest]}.",
        (
            "The printed head does not name its columns: they are F1, precision and recall for BIM, DeepFool, FGSM and "
            "PGD, as F1 is the harmonic mean of the others at 0.03. From 0.1 on, many printed rows contradict that.",
            *_notes(data, n),
        ),
    )

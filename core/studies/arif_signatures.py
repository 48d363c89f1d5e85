"""Make Arif's tables of signatures: critical pixels, and attacked or not."""

from __future__ import annotations

import numpy as np

from ..signatures.attack_classifiers import LOGISTIC, STRENGTH
from ..signatures.held_out import FOLDS
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from . import arif_paper as paper
from .attacked_digits import ATTACKS_OF_ARIF
from .base import StudyContext
from .digit_signatures import EPSILON, DigitSignatures
from .signature_evidence import SHARE, attacked_or_not, compare_mask, critical_mask

Given = dict[str, StudyCell]


def critical_table(context: StudyContext, found: DigitSignatures, settings: Given) -> StudyTable:
    """Test critical pixels on the half that chose them, and held out."""
    order = np.random.default_rng(context.seed).permutation(len(found.clean))
    chosen, held = order[: len(order) // 2], order[len(order) // 2 :]
    pgd = found.attacked[[one.name for one in ATTACKS_OF_ARIF].index("pgd")]
    rows: list[StudyRow] = []
    for purpose, values in (("attack generation", pgd), ("attack detection", pgd - found.clean)):
        mask = critical_mask(values[chosen])
        for half, part in (("chosen by", chosen), ("held out", held)):
            one = compare_mask(values[part], mask)
            rows.append(
                (purpose, half, one.pixels, round(one.critical, 5), round(one.other, 5), round(one.t, 3), one.p)
            )
    printed: StudyRow = ("attack detection", "chosen by", None, None, None, paper.T_STATISTIC, paper.P_VALUE)
    return StudyTable(
        "arif",
        "table 1",
        ("purpose", "half", "pixels", "mean critical", "mean other", "t", "p"),
        tuple(rows),
        (printed,),
        {**settings, "attack": "PGD", "epsilon": EPSILON, "share critical": SHARE},
        len(found.clean),
        "Critical pixels for attack generation and detection",
        f"On held-out digits the pixels critical for detection stand out with t = {rows[3][5]}; the paper says 11.6.",
        (
            "The pixels are chosen by the very value tested, so the t-test on the half that chose them proves nothing: "
            "the held-out half counts. It still takes neighbouring pixels for independent, so its p is too small.",
            "Table I of the paper is in words: its numbers are those of section VIII C.",
        ),
    )


def attacked_table(found: DigitSignatures, settings: Given) -> StudyTable:
    """Tell attacked signatures from clean ones, by attack and over all attacks."""
    rows: list[StudyRow] = []
    for one, values in zip(ATTACKS_OF_ARIF, found.attacked, strict=True):
        rows.append((one.title, *(round(value, 4) for value in attacked_or_not(found.clean, values))))
    n = len(found.clean)
    rows.append(
        ("all", *(round(value, 4) for value in attacked_or_not(found.clean, np.concatenate([*found.attacked]))))
    )
    return StudyTable(
        "arif",
        "case 4",
        ("attack", "accuracy", "AUC"),
        tuple(rows),
        (("all", None, paper.AUC),),
        {**settings, "epsilon": EPSILON, "classifier": f"{LOGISTIC}, C {STRENGTH:g}", "folds": FOLDS},
        n,
        "Attacked or not, by Deep SHAP signatures",
        f"Over all attacks the signatures tell attacked from clean with an AUC of {rows[-1][2]}; the paper says 0.84.",
        (
            "Cross-validated, both versions of a digit in one fold.",
            f"The paper prints a training accuracy of {paper.TRAINING_ACCURACY}, and no other that is legible.",
        ),
    )

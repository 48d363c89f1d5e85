"""What a signature tells of an attack: with its errors beside it, and weak where it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_classifier import GOOD

from core.output.attack_results_record import asked_attacks_record
from core.output.signature_answer_words import (
    classifier_sentence,
    confusion_rows,
    least_ratio,
    signature_answer_record,
    signature_answer_sentence,
)
from core.types import InputError
from core.types.attack_answer import AskedOfFace
from core.types.classifier_metrics import ClassifierMetrics, SignatureAnswer

TITLES = {"pgd": "PGD", "fgsm": "FGSM"}
ERRORS = (
    "Among references of people never seen it found 78 of 100 attacked (PGD 100, FGSM 56), called 8 of 100 clean "
    "attacked; 200 people. On other media it calls more clean faces attacked."
)


def answer(p: float, attack: str | None, measured: ClassifierMetrics = GOOD) -> SignatureAnswer:
    return SignatureAnswer("0" * 64, p, attack, measured)


def test_an_answer_speaks_with_its_errors() -> None:
    assert signature_answer_sentence(answer(0.91, "pgd"), TITLES) == (
        f"like attacked ones (0.91 of 1), those of PGD most. {ERRORS}"
    )
    said = signature_answer_sentence(answer(0.1, None), TITLES)
    assert said.startswith(f"like clean ones (0.10 of 1). {ERRORS} Weak by itself: at least ")
    assert said.endswith("times as frequent on clean faces as on attacked faces.")


def test_what_is_weak_says_so_and_how_weak() -> None:
    """FGSM is found in 56 of 100, and 8 of 100 clean faces are taken for it: 0.49 to 0.125 at the worse ends."""
    assert least_ratio(GOOD, "fgsm") == pytest.approx(0.4623 / 0.1259, abs=0.02)
    assert signature_answer_sentence(answer(0.6, "fgsm"), TITLES).endswith(
        "Weak by itself: at least 3.7 times as frequent on faces attacked by FGSM as on clean faces."
    )
    assert least_ratio(GOOD, "pgd") > 50
    assert least_ratio(GOOD, None) == pytest.approx(0.874 / 0.2824, abs=0.02)


def test_whom_a_set_does_not_know_and_who_is_shown_beside_another_is_said() -> None:
    partly = replace(GOOD, people_known=False, people_unknown=3)
    assert "of 200 people, 3 of them files whose person nobody named, each judged" in classifier_sentence(partly)
    assert "references of people never seen" in signature_answer_sentence(answer(0.91, "pgd", partly), TITLES)
    mixed = replace(GOOD, mixed=1)
    assert "of 200 people (1 forgery of a second person, too), each judged" in classifier_sentence(mixed)
    record = signature_answer_record(answer(0.91, "pgd", replace(partly, mixed=2)))
    assert (record["people_known"], record["people_unknown"], record["mixed"]) == (False, 3, 2)


def test_that_people_are_not_known_is_said() -> None:
    unknown = replace(GOOD, people_known=False)
    said = signature_answer_sentence(answer(0.91, "pgd", unknown), TITLES)
    assert "Among references of faces never seen it found 78 of 100 attacked" in said
    assert "; 200 faces, each taken for another person. On other" in said
    assert "reference signatures of 200 faces, each taken for another person, each judged" in classifier_sentence(
        unknown
    )
    assert signature_answer_record(answer(0.91, "pgd", unknown))["people_known"] is False
    assert "people_known" not in signature_answer_record(answer(0.91, "pgd"))


def test_few_signatures_are_little_evidence() -> None:
    few = replace(GOOD, confusion={**GOOD.confusion, "fgsm": {"none": 0, "pgd": 0, "fgsm": 2}})
    assert least_ratio(few, "fgsm") == pytest.approx(0.3424 / 0.1259, abs=0.02)


def test_chance_is_called_chance() -> None:
    chance = replace(GOOD, auc=0.52, auc_interval=(0.47, 0.57))
    for one in (
        answer(0.6, "fgsm", chance),
        answer(0.2, None, chance),
        answer(0.9, "pgd", replace(GOOD, auc_interval=None)),
    ):
        assert "No better than chance (AUC 0." in signature_answer_sentence(one, TITLES)
    even = replace(GOOD, found=0.1, alarms=0.1)
    assert signature_answer_sentence(answer(0.2, None, even), TITLES).endswith(
        "No evidence: such an answer may be as frequent on attacked faces as on clean faces."
    )


def test_an_answer_that_contradicts_itself_is_refused() -> None:
    with pytest.raises((InputError, ValueError), match="what is called attacked has an attack"):
        answer(0.9, None)
    with pytest.raises((InputError, ValueError), match=r"p_attacked lies in \[0, 1\]"):
        answer(1.1, "pgd")


def test_errors_are_tabled_and_recorded() -> None:
    assert confusion_rows(GOOD, TITLES)[2] == {
        "signature is": "FGSM",
        "called not attacked": "44",
        "called PGD": "0",
        "called FGSM": "56",
    }
    assert "AUC 0.930 (0.920 to 0.940); called attacked from 0.5 on. It names the attack of 97%" in classifier_sentence(
        GOOD
    )
    record = signature_answer_record(answer(0.91, "pgd"))
    assert (record["p_attacked"], record["attack"], record["found"]) == (0.91, "pgd", 0.78)
    assert record["alarms_interval"] == [0.07, 0.1]
    asked = {
        "clean": AskedOfFace(None, None, None, None, answer(0.91, "pgd")),
        "attacked": AskedOfFace(None, None, None, None),
    }
    found = asked_attacks_record(asked)
    assert found["clean"]["signature"] == record
    assert "signature" not in found["attacked"], "as records before it"

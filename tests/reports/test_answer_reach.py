"""Down to which strength attacks are found: read from what was measured, and never better than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.attack_detectors import load_signs
from core.attacks import ATTACKS
from core.reports.answer_reach import FOUND, answer_reach
from core.storage.measured_files import read_measurements
from core.types.answer_scope import AnswerEvaluation
from core.types.measurement import Measurement

Attacks = Mapping[str, Mapping[str, Sequence[float | None]]]  # by attack and size: shares as saved, and after JPEG
CLEAN = {"as it is": {"n": 9, "alarms": 0.0, "interval": None}, "grain": {"n": 8, "alarms": 0.25, "interval": None}}


def measured(attacks: Attacks, detector: str = "d") -> Measurement:
    """A measurement of these shares."""

    def cell(share: float | None) -> dict[str, Any]:
        part = {"n": 9, "still_works": 1.0, "auc": None, "found_at_5": share, "found_at_1": None}
        return {**part, "interval_at_5": None}

    by_size = {
        name: {size: dict(zip(("none", "jpeg75"), map(cell, shares), strict=True)) for size, shares in of.items()}
        for name, of in attacks.items()
    }
    said = {"attacks": by_size, "clean": CLEAN, "threshold": 0.0, "detector": detector}
    return Measurement("attack-answer", "faces", said)


def test_every_attack_that_counts_is_found_at_that_strength_however_the_file_travelled() -> None:
    attacks: Attacks = {
        "pgd": {"2": [1.0, 0.5], "4": [0.95, 0.9], "8": [1.0, 0.92]},
        "apgd": {"2": [0.9, 1.0], "4": [1.0, None]},
        "fgsm": {"2": [0.9, 1.0], "4": [1.0, 0.92], "16": [0.8, 0.74]},
        "square": {"4": [0.1, 0.1]},
        "one-pixel": {"own": [1.0, 1.0]},
    }
    found = answer_reach([measured(attacks)], "d", scope="Trained on PGD. Square is outside.")
    assert found
    assert (found.attacks, found.down_to) == (("PGD", "APGD"), 4.0), "one-pixel has no epsilon"
    assert found.missed == ("FGSM", "Square"), "found at 4/255 is not found at 16/255"
    assert (found.least, found.most) == (0.9, 1.0)
    assert (found.alarms, found.worst) == (0.25, "grain")
    assert found.outside == "Square is outside."


def test_what_was_measured_of_another_detector_has_no_reach() -> None:
    assert answer_reach([], "d") is None
    assert answer_reach([measured({"pgd": {"4": [1.0, 1.0]}}, "other")], "d") is None


def test_where_no_attack_is_found_often_enough_each_is_missed() -> None:
    found = answer_reach([measured({"pgd": {"4": [1.0, 0.5]}, "fgsm": {"4": [1.0, 1.0], "8": [0.89, 1.0]}})], "d")
    assert found
    assert (found.attacks, found.down_to, found.missed) == ((), None, ("PGD", "FGSM"))
    assert found.alarms == 0.25


def test_the_weaker_of_two_measurements_counts() -> None:
    both = [measured({"pgd": {"2": [1.0, 1.0], "4": [1.0, 1.0]}}), measured({"pgd": {"2": [0.5, 1.0]}})]
    found = answer_reach(both, "d")
    assert found
    assert found.down_to == 4.0


def test_what_ships_covers_what_its_cells_say() -> None:
    card = load_signs().card
    measurements = read_measurements(card.name)
    found = answer_reach(measurements, card.detector, scope=card.scope)
    assert found
    assert found.down_to is not None
    for one in measurements:
        if isinstance(one.result, AnswerEvaluation):
            for name, by_size in one.result.attacks.items():
                shares = {
                    float(size): [cell.found_at_5 or 0.0 for cell in cells.values()] for size, cells in by_size.items()
                }
                if ATTACKS[name].title in found.attacks:
                    assert found.down_to in shares, name
                    told = [share for size, cells in shares.items() if size >= found.down_to for share in cells]
                    assert FOUND <= found.least <= min(told) <= max(told) <= found.most, "the weakest share is told"
                else:
                    assert ATTACKS[name].title in found.missed
                    assert min(shares[max(shares)]) < FOUND, name
    assert found.outside
    assert card.scope.endswith(found.outside)

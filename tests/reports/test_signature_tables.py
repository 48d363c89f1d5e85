"""Measurements of kinds of signatures, in words: each share with its interval, of how many."""

from __future__ import annotations

from made_measurements import SIGNATURES

from core.metrics.intervals import wilson
from core.output.text import share_words
from core.reports.signature_tables import foreign_share, signature_conclusion, signature_facts, signature_rows
from core.types.measured_results import MeasuredSignatures
from core.types.read_values import read_value


def measured(**facts: object) -> MeasuredSignatures:
    return read_value(MeasuredSignatures, {"activations": SIGNATURES | facts, "gone": SIGNATURES})


def test_each_kind_is_a_row() -> None:
    row, gone = signature_rows(measured())
    assert row == {
        "signature": "Activations of the penultimate layer",
        "15 nearest: real": share_words(0.8, wilson(16, 20), digits=0),
        "15 nearest: forged": share_words(0.6, wilson(12, 20), digits=0),
        "15 nearest: attacked": share_words(1.0, wilson(20, 20), digits=0),
        "attacked or not, AUC": "0.970 (0.920 to 0.940)",
        "outside: clean": share_words(0.05, wilson(2, 40), digits=0),
        "outside: noise": share_words(1.0, wilson(20, 20), digits=0),
        "signatures": "60",
        "people": "12",
    }
    assert gone["signature"] == "gone", "a kind that is no longer registered keeps its row"


def test_what_was_not_measured_is_not_a_number() -> None:
    row, _ = signature_rows(measured(auc_attacked=None))
    assert row["attacked or not, AUC"] == "not measured"


def test_faces_and_attacks_are_counted() -> None:
    said = signature_facts(measured())
    assert said.startswith("20 real, 20 forged, 20 attacked, 20 noise. Attacks in turn: PGD, ")
    assert "steps 20" in said
    assert said.endswith("3 media had no face that can be judged.")
    assert signature_facts(measured(no_verdict=0, attacks={"gone": {}})).endswith("Attacks in turn: gone.")


def test_the_conclusion_names_the_best_kind_and_what_is_not_found() -> None:
    poor = {"knn15": {"real": 0.1, "fake": 0.1, "attacked": 0.1}}
    said = signature_conclusion(measured(**poor))
    assert said.startswith("By the 15 nearest gone is right most often, for 80% on average of")
    assert said.endswith("Of the foreign pictures that a kind can read, at most 100% are called outside.")
    little = {
        "outside": {"clean": 0.05, "noise": 0.1, "cartoon": 0.4},
        "counts": SIGNATURES["counts"] | {"cartoon": 10},
    }
    few = read_value(MeasuredSignatures, {"activations": SIGNATURES | little})
    assert foreign_share(few, "activations") == (0.1 * 20 + 0.4 * 10) / 30
    assert signature_conclusion(few).endswith("at most 20% are called outside: “not outside” does not mean known.")
    assert foreign_share(few, "gone") is None
    alone = read_value(MeasuredSignatures, {"activations": SIGNATURES | {"outside": {"clean": 0.05}}})
    assert signature_conclusion(alone).endswith("tell no order.")

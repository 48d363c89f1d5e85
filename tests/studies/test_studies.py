"""Studies: parts and files by name, tables beside the paper's, what is kept, and where a stopped one goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_digits import made_digits
from other_device import NAME, other_device
from recorded_progress import RecordedProgress
from sklearn.metrics import precision_recall_fscore_support
from torch import Tensor
from typer.testing import CliRunner

from core.__main__ import app
from core.output.value_records import value_record
from core.storage.cards import read_card
from core.studies import STUDIES, arif_paper, attacked_digits, digit_network, digit_signatures, signature_evidence
from core.studies.attacked_digits import DigitAttack
from core.studies.base import part_of
from core.studies.class_scores import class_scores
from core.studies.digit_network import DigitNetwork
from core.studies.mnist_file import Digits, read_mnist
from core.studies.study_run import kept_table, run_study, table_states, to_csv, write_study
from core.types import InputError, StopRequested, UnknownName
from core.types.model_card import ModelCard
from core.types.study_tables import StudyTable


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_digits(tmp_path_factory.mktemp("mnist"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def misclassified(data: Path, cache: Path) -> StudyTable:
    return run_study("arif", data=data, cache=cache)


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Attacks of few steps, on blocks of few digits."""
    whole = attacked_digits.attacked

    def few(network: DigitNetwork, digits: Digits, attack: DigitAttack, eps: float, *, seed: int) -> Tensor:
        return whole(network, digits, attack if attack.steps is None else replace(attack, steps=3), eps, seed=seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attacked_digits, "attacked", few)
        patch.setattr(attacked_digits, "BLOCK", 10)
        yield


def test_table_3_counts_the_digits_that_each_attack_turns(misclassified: StudyTable, cache: Path) -> None:
    found = misclassified
    assert [row[0] for row in found.rows] == ["BIM", "FGSM", "DeepFool", "PGD"]
    assert found.columns == ("attack", "0.03", "0.04", "0.05", "0.1", "0.2", "0.25")
    assert found.paper
    assert found.paper[1] == ("FGSM", 284, 440, 702, 2998, 8070, 9186)
    counts = np.array([row[1:] for row in found.rows])
    assert (np.diff(counts) >= 0).all()
    assert 0 < counts[0, -1] <= found.n
    assert found.n == found.settings["correct digits"]
    card = read_card("digit-cnn", ModelCard, folder=next(path.parent for path in cache.rglob("digit-cnn.json")))
    assert card.parameters == sum(one.numel() for one in DigitNetwork().parameters())


def test_figure_5_is_what_table_3_leaves(misclassified: StudyTable, data: Path, cache: Path) -> None:
    found = run_study("arif", "figure 5", data=data, cache=cache)
    for shares, counts in zip(found.rows, misclassified.rows, strict=True):
        there = dict(zip(found.columns, shares, strict=True))
        for name, count in list(zip(misclassified.columns, counts, strict=True))[1:]:
            assert there[name] == pytest.approx(1 - int(count or 0) / found.n, abs=1e-4)
    assert found.paper
    assert found.paper[1][found.columns.index("0.15")] is None


def test_table_4_agrees_with_scikit_learn(data: Path, cache: Path) -> None:
    found = run_study("arif", "table IV", data=data, cache=cache)
    assert (found.table, len(found.rows), len(found.columns)) == ("table 4", 70, 14)
    assert found.paper
    assert found.paper[0][:4] == (0.03, 0, 0.9842, 0.9872)
    random = np.random.default_rng(0)
    labels, said = random.integers(0, 10, 300), random.integers(0, 9, 300)
    precision, recall, f1, _ = precision_recall_fscore_support(labels, said, labels=range(10), zero_division=0)
    assert np.allclose(class_scores(labels, said, 10), [f1, precision, recall])


def test_the_papers_tables_are_whole() -> None:
    printed = arif_paper.table_4()
    assert len(printed) == 70
    assert all(len(values) == 12 for values in printed.values())
    f1, precision, recall = (printed[0.03, 0][start] for start in (0, 4, 8))
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-4)


def only_network(cache: Path, to: Path) -> None:
    """Copy a cache without its blocks of attacked digits."""
    shutil.copytree(cache, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("block-*", "tables"))


def one_block_done(progress: RecordedProgress) -> bool:
    return any(text == "Attacking digits" and done >= 10 for done, _, text in progress.told)


def test_a_stopped_study_goes_on(
    misclassified: StudyTable, data: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_network(cache, tmp_path)
    asked: list[int] = []
    block = attacked_digits._block

    def counted(*given: Any) -> Any:
        asked.append(1)
        return block(*given)

    monkeypatch.setattr(attacked_digits, "_block", counted)
    with pytest.raises(StopRequested):
        run_study("arif", data=data, cache=tmp_path, progress=RecordedProgress(one_block_done))
    assert len(asked) == 1
    found = run_study("arif", data=data, cache=tmp_path)
    assert len(asked) == 3
    assert found.n == misclassified.n
    whole = run_study("arif", data=data, cache=tmp_path)  # all from what was kept
    assert len(asked) == 3
    assert whole.rows == found.rows


def test_minutes_say_how_many_were_measured(misclassified: StudyTable, data: Path, cache: Path, tmp_path: Path) -> None:
    only_network(cache, tmp_path)
    found = run_study("arif", data=data, cache=tmp_path, minutes=1e-6)
    assert found.n == 10
    assert "Measured on 10 of" in found.notes[0]


def test_a_measured_table_is_kept_and_written(misclassified: StudyTable, cache: Path, tmp_path: Path) -> None:
    kept = kept_table("arif", "table 3", cache)
    assert kept
    assert value_record(kept) == value_record(misclassified)
    assert kept_table("arif", "table 9", cache) is None
    states = table_states("arif", cache)
    assert set(states) <= {part.name for part in STUDIES["arif"].facts.parts}
    assert table_states("arif", tmp_path) == {}
    there = cache / "arif" / "tables" / "table-3.json"
    there.write_text(there.read_text("utf-8") + " ", "utf-8")
    assert table_states("arif", cache)["table 3"] != states["table 3"], "a changed file is read anew"
    written = write_study(misclassified, tmp_path / "out")
    assert [path.name for path in written] == ["arif-table-3.json", "arif-table-3.csv"]
    assert to_csv(misclassified).splitlines()[5] == "paper,BIM,451,881,1508,7490,9834,9834"


@pytest.mark.slow
def test_signatures_tell_attacked_digits(
    misclassified: StudyTable, data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_signatures, "BLOCK", 5)
    monkeypatch.setattr(digit_signatures, "MAX_DIGITS", 20)
    monkeypatch.setattr(digit_signatures, "BACKGROUND", 15)
    found = run_study("arif", "case 4", data=data, cache=cache)
    assert found.paper == (("all", None, 0.84),)
    assert [row[0] for row in found.rows] == ["BIM", "FGSM", "DeepFool", "PGD", "all"]
    assert all(0.5 < float(row[2] or 0) <= 1 for row in found.rows)
    critical = run_study("arif", "table I", data=data, cache=cache)
    assert [row[:3] for row in critical.rows[2:]] == [
        ("attack detection", "chosen by", 39),
        ("attack detection", "held out", 39),
    ]
    assert float(critical.rows[2][5] or 0) > float(critical.rows[3][5] or 0)  # chosen by the value tested


def test_deep_shap_values_add_up_to_the_change_of_the_output(data: Path) -> None:
    digits, network = read_mnist(data)[1], DigitNetwork().eval().requires_grad_(False)
    images, behind = digits.images[:2], digits.images[2:8]
    values = digit_signatures.deep_shap(network, images, behind)
    logits, mean = network(images), network(behind).mean(0)
    gained = logits.gather(1, logits.argmax(1, keepdim=True))[:, 0] - mean[logits.argmax(1)]
    assert np.allclose(values.sum(1), gained, atol=1e-3)


def test_nothing_is_told_from_equal_signatures() -> None:
    random = np.random.default_rng(0)
    clean, other = random.normal(size=(60, 8)), random.normal(size=(60, 8))
    assert signature_evidence.attacked_or_not(clean, other)[1] == pytest.approx(0.5, abs=0.15)
    mask = signature_evidence.critical_mask(np.eye(40) * np.arange(40))
    assert mask.nonzero()[0].tolist() == [38, 39]


@pytest.mark.parametrize(
    ("asked", "name"),
    [(None, "table 3"), ("table III", "table 3"), ("Figure5", "figure 5"), ("table 4", "table 4"), ("case4", "case 4")],
)
def test_parts_are_found_by_number(asked: str | None, name: str) -> None:
    assert part_of("arif", asked).name == name


def test_its_network_computes_on_the_chosen_device(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = read_mnist(data)
    few = Digits(train.images[:192], train.labels[:192])

    def signatures(folder: Path) -> tuple[Tensor, np.ndarray]:
        network = digit_network.digit_network(folder, few, seed=0)
        turned = attacked_digits.attacked(network, test, attacked_digits.ATTACKS_OF_ARIF[3], 0.2, seed=0)
        return turned, digit_signatures.deep_shap(network, turned[:2], few.images[:4])

    here = signatures(tmp_path / "here")
    with other_device(monkeypatch) as there:
        monkeypatch.setattr(digit_network, "chosen_device", lambda: NAME)
        found = signatures(tmp_path / "there")
        assert there.operations > 500
    monkeypatch.undo()
    assert torch.allclose(found[0], here[0], atol=1e-5)
    assert np.allclose(found[1], here[1], atol=1e-4)


def test_bad_input_is_one_sentence(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"there is no study 'x'; known are: arif"):
        run_study("x", data=data)
    with pytest.raises(InputError, match=r"has no table 9; it has: table 3"):
        run_study("arif", "table 9", data=data)
    with pytest.raises(InputError, match=r"missing from .*: mnist\.npz \(x_train.*from https"):
        run_study("arif", data=tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        run_study("arif", data=tmp_path / "none")
    with pytest.raises(InputError, match="--minutes lies above 0"):
        run_study("arif", data=data, minutes=0)


def parts() -> dict[str, np.ndarray]:
    images, labels = np.zeros((4, 28, 28), np.uint8), np.arange(4)
    return {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x_test": np.zeros((4, 32, 32), np.uint8)}, r"x_test is \(4, 32, 32\)"),
        ({"x_train": np.zeros((4, 28, 28), np.float32)}, "float32"),
        ({"y_test": np.array([0, 1, 2, 10])}, "labels from 0 to 10"),
        ({"y_train": np.zeros(3, int)}, r"y_train is \(3,\)"),
        ({"x_train": np.array([{}] * 4)}, "cannot be read"),
        (None, "it has no x_test"),
        (b"not a zip", "cannot be read"),
    ],
)
def test_a_wrong_mnist_file_is_refused(change: object, words: str, tmp_path: Path) -> None:
    if isinstance(change, bytes):
        (tmp_path / "mnist.npz").write_bytes(change)
    else:
        given = parts() | (change if isinstance(change, dict) else {})
        if change is None:
            del given["x_test"]
        np.savez(tmp_path / "mnist.npz", **given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=words):
        run_study("arif", data=tmp_path, cache=tmp_path / "cache")


def test_the_command_lists_and_measures(
    data: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.studies.study_run.user_cache", lambda: cache.parent / "own")
    listed = CliRunner().invoke(app, ["study", "list", "--json"])
    assert [one["study"] for one in json.loads(listed.stdout)] == list(STUDIES)
    given = ["study", "arif", "--table", "3", "--data", str(data), "--minutes", "0.0001", "--out", str(tmp_path)]
    made = CliRunner().invoke(app, [*given, "--json"])
    assert made.exit_code == 0
    found = json.loads(made.stdout)
    assert {"study", "table", "columns", "rows", "paper", "settings", "n"} <= set(found)
    assert len(list(tmp_path.glob("arif-table-3.*"))) == 2
    assert "FGSM" in CliRunner().invoke(app, given).stdout

"""Arif's figures 2, 3, 4 and 6 and case 3 on made digits: what they count, what is drawn, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from made_digits import made_digits
from PIL import Image
from torch import Tensor, nn

from core.studies import (
    arif_embedding,
    arif_pixels,
    attacked_digits,
    digit_signatures,
    signature_evidence,
    umap_places,
    unit_changes,
)
from core.studies import study_figures as figures
from core.studies.attacked_digits import DigitAttack
from core.studies.mnist_file import Digits
from core.studies.study_run import kept_table, run_study
from core.studies.unit_changes import corrected
from core.types.study_tables import StudyTable


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_digits(tmp_path_factory.mktemp("mnist"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Attacks of few steps, signatures of few digits against few others."""
    whole = attacked_digits.attacked

    def few(network: nn.Module, digits: Digits, attack: DigitAttack, eps: float, *, seed: int) -> Tensor:
        given = attack if attack.steps is None else replace(attack, steps=3, step=attack.step and 0.5)
        return whole(network, digits, given, eps, seed=seed)

    with pytest.MonkeyPatch.context() as patch:
        for module in (arif_pixels, arif_embedding, digit_signatures, unit_changes):
            patch.setattr(module, "attacked", few)
        for name, value in (("BLOCK", 10), ("MAX_DIGITS", 20), ("BACKGROUND", 5)):
            patch.setattr(digit_signatures, name, value)
        patch.setattr(unit_changes, "BLOCK", 10)
        patch.setattr(umap_places, "_fit", lambda values, seed: values[:, :2])
        yield


def drawn(found: StudyTable) -> Image.Image:
    made = figures.figure_png(found)
    assert made
    return Image.open(BytesIO(made))


def test_figure_2_places_digits_and_their_attacked_versions(data: Path, cache: Path) -> None:
    found = run_study("arif", "figure 2", data=data, cache=cache)
    assert len(found.rows) == 3 * found.n
    groups = figures.point_groups(found)
    assert len(groups["PGD at 0.2"]) == len(groups["FGSM at 0.2"]) == found.n
    assert sum(len(groups[str(one)]) for one in range(10) if str(one) in groups) == found.n
    assert list(groups)[:2] == ["FGSM at 0.2", "PGD at 0.2"]  # drawn first: clean digits lie on top
    assert drawn(found).width > 1000


def test_neighbours_leave_a_digits_own_picture_out() -> None:
    clean, labels = np.repeat(np.eye(2), 16, 0), np.repeat([0, 1], 16)
    assert arif_embedding._share(clean, clean, labels, labels) == 1
    assert arif_embedding._share(clean[::-1], clean, labels, labels) == 0
    assert arif_embedding._share(clean[::-1], clean, labels[::-1], labels) == pytest.approx(1)


def test_figure_3_maps_a_digit_clean_and_attacked(data: Path, cache: Path) -> None:
    found = run_study("arif", "figure 3", data=data, cache=cache)
    assert found.panels
    assert len(found.panels) == len(found.rows) == 2 * arif_pixels.EXAMPLES
    assert found.n == 20
    clean, attacked = found.panels[:2]
    assert np.abs(clean.image.astype(int) - attacked.image).max() <= 0.2 * 255 + 1
    assert (clean.image != attacked.image).any()
    assert all(row[2] == row[3] for row in found.rows if row[1] == "clean")
    assert all(0 <= float(row[4] or 0) <= 1 for row in found.rows)
    kept = kept_table("arif", "figure 3", cache)
    assert kept
    assert kept.panels
    assert np.array_equal(kept.panels[0].map, clean.map)
    assert drawn(found).width > 1000


def test_figure_4_keeps_the_attack_in_some_pixels(data: Path, cache: Path) -> None:
    found = run_study("arif", "figure 4", data=data, cache=cache)
    shares = {str(row[0]): float(row[2] or 0) for row in found.rows}
    sizes = {str(row[0]): int(row[1] or 0) for row in found.rows}
    assert sizes["pixels critical for generation"] + sizes["all but those critical for generation"] == 784
    assert shares["every pixel"] == max(shares.values()) > 0
    assert shares["pixels critical for generation"] >= shares["as many random pixels"]
    assert found.panels
    orange = (found.panels[0].image == (230, 159, 0)).all(2)
    zoom = found.panels[0].image.shape[0] // 28
    assert orange.sum() == sizes["pixels critical for generation"] * zoom**2


def test_figure_6_compares_both_halves_and_shuffled_values(data: Path, cache: Path) -> None:
    found = run_study("arif", "figure 6", data=data, cache=cache)
    t = {str(row[0]): float(row[5] or 0) for row in found.rows if row[2] == "t"}
    assert t["shuffled, chosen by"] > 5 > abs(t["shuffled, held out"])  # selection alone makes a large t
    assert t["chosen by"] > t["held out"]
    for half in ("chosen by", "held out"):
        for share in figures.group_values(found, half, "share").values():
            assert share.sum() == pytest.approx(1, abs=1e-4)
            assert len(share) == len(figures.group_edges(found)) - 1
    assert figures.halves(found) == ["chosen by", "held out"]
    assert drawn(found).height > 1000


def test_case_3_ranks_units_by_their_change(data: Path, cache: Path) -> None:
    found = run_study("arif", "case 3", data=data, cache=cache)
    assert len(found.rows) == 4 * 64
    for start in range(0, 256, 64):
        sizes = [abs(float(row[4] or 0)) for row in found.rows[start : start + 64]]
        assert sizes == sorted(sizes, reverse=True)
    assert all(float(row[5] or 0) <= float(row[6] or 0) <= 1 for row in found.rows)
    attack, boxes = figures.unit_boxes(found)
    assert attack in {"BIM", "FGSM", "DeepFool", "PGD"}
    assert len(boxes) == figures.BOXES
    for before, after in boxes.values():
        assert before == sorted(before)
        assert after == sorted(after)
    assert drawn(found).width > 1000


def test_units_that_change_are_told_from_those_that_do_not() -> None:
    random = np.random.default_rng(0)
    clean = random.normal(size=(60, 5))
    changed = clean + random.normal(size=(60, 5)) * 0.2
    changed[:, 1] += 0.4
    changed[:, 2] = clean[:, 2]
    found = unit_changes.unit_changes(clean, changed)
    assert found.effect[1] == pytest.approx(2, abs=0.5)
    assert (found.effect[2], found.p[2]) == (0, 1)
    (p,) = corrected([found])
    assert p[1] < 1e-6
    assert (p[[0, 3, 4]] > 0.05).all()


def test_minutes_end_case_3_after_a_block(data: Path, cache: Path, tmp_path: Path) -> None:
    assert run_study("arif", "case 3", data=data, cache=tmp_path, minutes=1e-6).n == 10
    assert run_study("arif", "case 3", data=data, cache=tmp_path).n > 10


def test_a_small_p_of_single_precision_values_is_not_nothing() -> None:
    values = np.abs(np.random.default_rng(0).normal(1, 0.1, (1, 700))).astype(np.float32)
    mask = np.arange(700) < 60
    values[:, mask] += 0.5
    found = signature_evidence.compare_mask(values, mask)
    assert 0 < found.p < 1e-40

"""The measurement of "is this face wholly synthetic?", on made answers and by its command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.evaluation import synthetic_evaluation
from core.evaluation.attack_answer_evaluation import parse_post
from core.evaluation.synthetic_evaluation import evaluate_synthetic_faces, media_by_kind
from core.media.images import encode_png
from core.reports.scope_tables import synthetic_rows
from core.types import Array, InputError
from core.types.synthetic_answer import NO_SIGN, SYNTHETIC, UNDECIDED, UNKNOWN, SyntheticAnswer

GREYS = {"real": (10, 20, 130), "made": (200, 250, 130), "swap": (30, 240)}
FAR = 30  # a face that nobody knows


class GreyJudge:
    """Takes bright faces for synthetic ones: what is measured is known."""

    def answer_with_margin(self, crop: Array) -> tuple[SyntheticAnswer, float]:
        """Answer by the mean grey."""
        margin = float(crop.mean()) / 50 - 2.6
        far = round(float(crop.mean())) == FAR
        label = UNKNOWN if far else self.word(self.probability(margin))
        return SyntheticAnswer(label, self.probability(margin), "far" if far else None, ""), margin

    def probability(self, margin: float) -> float:
        """Map the margin to [0, 1]."""
        return float(1 / (1 + np.exp(-margin)))

    def word(self, p_synthetic: float) -> str:
        """Name the answer."""
        return SYNTHETIC if p_synthetic > 0.6 else NO_SIGN if p_synthetic < 0.4 else UNDECIDED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, greys in GREYS.items():
        (tmp_path / kind).mkdir()
        for grey in greys:
            (tmp_path / kind / f"{grey}.png").write_bytes(encode_png(np.full((64, 64, 3), grey, np.uint8)))
    return tmp_path


def whole(path: Path) -> Array | None:
    """The picture as a face; one of 20 has none."""
    return None if path.stem == "20" else np.full((64, 64, 3), int(path.stem), np.uint8)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(synthetic_evaluation, "largest_face", whole)
    return GreyJudge()


def test_swaps_count_against_it_and_kinds_are_told_apart(folder: Path, judge: Any) -> None:
    found = evaluate_synthetic_faces(judge, folder, post=parse_post(["none", "jpeg75"]), not_synthetic=["swap"])
    assert found.no_verdict == {"real": 1, "made": 0, "swap": 0}
    shares = {kind: rows["none"] for kind, rows in found.shares.items()}
    assert (shares["real"].n, shares["real"].synthetic, shares["real"].inconclusive) == (2, 0, 0.5)
    assert shares["made"].n == 3
    assert shares["made"].synthetic == pytest.approx(2 / 3)
    assert (shares["swap"].synthetic, shares["swap"].unknown) == (0.5, 0.5)
    assert found.auc.keys() == {"made"}
    assert found.auc["made"]["jpeg75"].auc == pytest.approx(5.5 / 6)
    rows = synthetic_rows(found)
    assert [row["kind"] for row in rows] == ["real"] * 2 + ["made"] * 2 + ["swap"] * 2
    assert rows[2]["AUC against real"].startswith("0.917")


def test_a_kind_that_is_not_there_is_refused(folder: Path, judge: Any) -> None:
    with pytest.raises(InputError, match="has no gone; what is there: real, made, swap"):
        evaluate_synthetic_faces(judge, folder, post=parse_post(["none"]), not_synthetic=["gone"])


def test_people_with_photos_and_generated_pictures(tmp_path: Path) -> None:
    for name in ("ann/photo/a.png", "ann/generated/b.png", "bob/photo/c.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    found = {kind: [path.name for path in paths] for kind, paths in media_by_kind(tmp_path).items()}
    assert found == {"real": ["a.png", "c.jpg"], "generated": ["b.png"]}


def test_the_command_refuses_an_empty_list(folder: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "synthetic-faces", "--data", str(folder), "--post", ","])
    assert result.exit_code != 0

"""What a pickle would cost, or call, is found among its opcodes; sound ones pass."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch

from core.selftest.hostile_checkpoints import CHECKPOINTS
from core.selftest.hostile_pickles import SOUND, held, older, tensor, zipped
from core.storage.checkpoints import read_checkpoint
from core.storage.pickle_checks import check_pickles
from core.types import InputError


@pytest.mark.parametrize("file", [zipped(SOUND), older(held(tensor(b"N"), b"N"))], ids=["zip", "older"])
def test_the_sound_file_beneath_every_bomb_is_read(file: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(file)
    found = read_checkpoint(tmp_path / "a.pth")
    assert {key: value.tolist() for key, value in found.items()} == {"v": [0.0] * 4, "w": [0.0] * 4}


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        ("pickle with 10 GB by bytearray", "by calls of builtins.bytearray"),
        ("older pickle with uninitialised memory by torch.Tensor", "by calls of torch.Tensor"),
        ("pickle with uninitialised memory by FloatTensor", "by calls of torch.FloatTensor"),
        ("pickle with a name of a million letters", "by a name of 1,000,007 letters"),
        ("PyTorch tensor of 100,000 dimensions", "has a tuple of 100,001 steps"),
        ("PyTorch tensor of a hundred dimensions", "has a tensor of 100 dimensions"),
        ("older pickle with a million copies", "takes more than 500,000 steps"),
        ("zip with its pickle twice", "has parts that PyTorch does not write"),
        ("zip with two pickles", "has parts that PyTorch does not write"),
        ("zip with a part outside", "has parts that PyTorch does not write"),
    ],
)
def test_a_pickle_that_costs_or_lies_is_refused_before_it_is_read(
    bomb: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pth").write_bytes(CHECKPOINTS[bomb]())
    if "a hundred" not in bomb:  # so many are bearable, but no network has them
        monkeypatch.setattr("core.storage.checkpoints.torch.load", None)
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.pth")


def test_what_pytorch_writes_is_far_within_the_bounds() -> None:
    kept = io.BytesIO()
    state = {f"layer{number}.weight": torch.nn.Parameter(torch.zeros(1, 2, 3, 1, 1)) for number in range(400)}
    torch.save({"state_dict": state, "epoch": 3, "betas": (0.9, 0.999)}, kept, _use_new_zipfile_serialization=False)
    kept.seek(0)
    check_pickles("a.pth", kept, 5)
    assert kept.tell() > 20_000  # it was looked at to the end of its last pickle

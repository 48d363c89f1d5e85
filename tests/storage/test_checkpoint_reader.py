"""A person's checkpoint is parsed in a process of its own: the same tensors, and its parser's death is a sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.sandbox.sandbox import Sandbox
from core.selftest.hostile_checkpoints import CHECKPOINTS
from core.storage import checkpoint_reader, checkpoints
from core.storage.checkpoints import read_checkpoint
from core.types import InputError

TENSORS = {
    "w": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "half": torch.ones(3, dtype=torch.bfloat16) / 3,
    "count": torch.tensor(7),
    "none": torch.zeros(0, 4),
}

pytestmark = pytest.mark.slow  # a process that imports torch


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "apart")
    monkeypatch.delattr(checkpoints, "parse_checkpoint")  # what is called here is called in the other process


def test_every_form_gives_the_same_tensors(tmp_path: Path) -> None:
    torch.save({"state_dict": TENSORS}, tmp_path / "zip")
    torch.save(TENSORS, tmp_path / "legacy", _use_new_zipfile_serialization=False)
    save_file(TENSORS, tmp_path / "safetensors")
    for name in ("zip", "legacy", "safetensors"):
        found = read_checkpoint(tmp_path / name)
        assert set(found) == set(TENSORS)
        for key, tensor in TENSORS.items():
            assert (found[key].dtype, found[key].shape) == (tensor.dtype, tensor.shape)
            assert torch.equal(found[key], tensor)
            found[key].zero_()  # ours to change
    with h5py.File(tmp_path / "hdf5", "w") as file:
        file["b/w"], file["a"] = np.ones((2, 2), ">f4"), np.int64(3)
    found = read_checkpoint(tmp_path / "hdf5")
    assert {key: value.sum().item() for key, value in found.items()} == {"b/w": 4, "a": 3}


def test_bombs_are_refused_in_a_sentence(tmp_path: Path) -> None:
    for name, make in list(CHECKPOINTS.items())[::6]:  # the self-test tries them all
        (tmp_path / "bomb.pth").write_bytes(make())
        with pytest.raises(InputError, match=r"^bomb\.pth ") as refused:
            read_checkpoint(tmp_path / "bomb.pth")
        assert len(str(refused.value)) < 400, name
        assert "made its reader stop" not in str(refused.value), name


def test_an_archive_that_another_program_packed_is_read(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "a.pth")
    with zipfile.ZipFile(tmp_path / "a.pth") as old, zipfile.ZipFile(tmp_path / "b.pth", "w") as new:
        for part in old.infolist():  # whose names are in no UTF-8 by their flags
            new.writestr(part.filename, old.read(part))
    assert torch.equal(read_checkpoint(tmp_path / "b.pth")["w"], TENSORS["w"])


@pytest.mark.parametrize(("name", "words"), [("crash", "it crashed"), ("lie", "it answered what no reader answers")])
def test_a_parser_that_dies_or_lies_is_a_sentence(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Sandbox("lying_parser")
    monkeypatch.setattr(checkpoint_reader, "_sandbox", lambda: box)
    torch.save(TENSORS, tmp_path / f"{name}.pth")
    with pytest.raises(InputError, match=f"{name}.pth made its reader stop: {words}.*cannot be read"):
        read_checkpoint(tmp_path / f"{name}.pth")
    box.close()


def test_a_known_file_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "parse_checkpoint", lambda *_: TENSORS, raising=False)
    save_file(TENSORS, tmp_path / "a.safetensors")
    assert read_checkpoint(tmp_path / "a.safetensors", known=True) is TENSORS

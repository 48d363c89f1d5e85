"""What a checkpoint may cost: links, claimed sizes and numbers of tensors are refused before anything is read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from core.selftest.hostile_checkpoints import CHECKPOINTS
from core.storage import checkpoint_limits
from core.storage.checkpoints import read_checkpoint
from core.types import InputError, limits


def test_the_size_limit_holds_for_the_file_and_for_what_it_unpacks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHECKPOINT_BYTES", 1_000_000)
    torch.save({"w": torch.zeros(1).expand(1000, 1000)}, tmp_path / "view.pth")
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("w", (1000, 1000), "f8", compression="gzip", chunks=(1000, 1000))
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(2_000_000))
    for name in ("view.pth", "bomb.h5", "bomb.pth"):
        if name != "view.pth":  # what a bomb holds is not even looked at
            monkeypatch.setattr("core.storage.checkpoints.torch.from_numpy", None)
            monkeypatch.setattr("core.storage.checkpoints.torch.load", None)
        assert (tmp_path / name).stat().st_size < 10_000
        with pytest.raises(InputError, match=f"{name} unpacks to at least"):
            read_checkpoint(tmp_path / name)
    torch.save({"w": torch.zeros(100)}, tmp_path / "a.pth")
    monkeypatch.setattr(limits, "CHECKPOINT_BYTES", 100)
    with pytest.raises(InputError, match="a checkpoint of at most"):
        read_checkpoint(tmp_path / "a.pth")


def linked(path: Path, where: str, link: Any) -> None:
    with h5py.File(path, "w") as file:
        file["a/weight"] = np.zeros(3, np.float32)
        file[where] = link


@pytest.mark.parametrize(
    ("where", "link", "words"),
    [
        ("b/weight", h5py.ExternalLink("gone.h5", "w"), "takes b/weight from another file"),
        ("model_weights", h5py.ExternalLink("gone.h5", "w"), "takes model_weights from another file"),
        ("model_weights", h5py.SoftLink("/a"), "takes model_weights from another place by a link"),
        ("b/weight", h5py.SoftLink("/a/weight"), "takes b/weight from another place by a link"),
    ],
)
def test_links_are_refused_before_they_are_followed(
    where: str, link: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(tmp_path / "a.h5", where, link)
    monkeypatch.setattr("h5py.Group.__getitem__", None)
    monkeypatch.setattr("h5py.Group.get", None)
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.h5")


def test_a_group_that_holds_itself_ends(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/weight"] = np.zeros(3, np.float32)
        file["a/again"] = file["a"]
    assert list(read_checkpoint(tmp_path / "a.h5")) == ["a/weight"]


@pytest.mark.parametrize(
    "stored",
    [
        {"shape": (480_000_000,)},
        {"shape": (480_000_000,), "chunks": (480_000_000,), "compression": "gzip"},
        {"shape": (480_000_000,), "chunks": (1_000,)},
        {"shape": (1,), "maxshape": (None,), "chunks": (480_000_000,)},
    ],
    ids=["whole", "compressed", "chunks", "one huge chunk"],
)
def test_what_a_dataset_claims_is_checked_before_it_is_read(
    stored: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", dtype="f4", **stored)
    assert (tmp_path / "a.h5").stat().st_size < 5_000
    monkeypatch.setattr("core.storage.checkpoints.np.asarray", None)
    with pytest.raises(InputError, match=r"unpacks to at least [\d.]+ [MG]B; at most 1\.\d MB"):
        read_checkpoint(tmp_path / "a.h5")


def empty_safetensors(path: Path, count: int) -> None:
    facts = {f"w{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(count)}
    header = json.dumps(facts).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def empty_datasets(path: Path, count: int) -> None:
    with h5py.File(path, "w") as file:
        for i in range(count):
            file.create_dataset(f"w{i}", (0,), "f4")


def many_links(path: Path, count: int) -> None:
    with h5py.File(path, "w") as file:
        one = file.create_dataset("w", (1,), "f4")
        for i in range(4 * count):
            file[f"w{i}"] = one


def many_layers(path: Path, count: int) -> None:
    with h5py.File(path, "w") as file:
        file.create_group("a").attrs["weight_names"] = np.array([], "S1")
        file.attrs["layer_names"] = np.array([b"a"] * count)


def many_weights(path: Path, count: int) -> None:
    with h5py.File(path, "w") as file:
        file["a/w"] = np.zeros(1, int)
        file["a"].attrs["weight_names"] = np.array([f"w{'/' * i}".encode() for i in range(count)])
        file.attrs["layer_names"] = np.array([b"a"])


def state_dict(path: Path, count: int) -> None:
    torch.save({f"w{i}": torch.zeros(1) for i in range(count)}, path)


def older_form(path: Path, count: int) -> None:
    tensors = {f"w{i}": torch.zeros(1) for i in range(count)}
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


def one_storage(path: Path, count: int) -> None:
    torch.save(dict.fromkeys((f"w{i}" for i in range(count)), torch.zeros(1)), path)


@pytest.mark.parametrize(
    "save",
    [empty_safetensors, empty_datasets, many_links, many_layers, many_weights, state_dict, older_form, one_storage],
)
def test_the_number_of_tensors(
    save: Callable[[Path, int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_TENSORS", 20)
    save(tmp_path / "many", 21)
    with pytest.raises(InputError, match=r"many lists at least \d+ tensors; a checkpoint of at most 20 is"):
        read_checkpoint(tmp_path / "many")
    if save in (empty_safetensors, empty_datasets, state_dict, older_form):
        save(tmp_path / "few", 20)
        assert len(read_checkpoint(tmp_path / "few")) == 20


@pytest.mark.parametrize("count", [21, 3_000])
def test_an_older_form_with_too_many_tensors_is_not_loaded(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_form(tmp_path / "many", count)
    monkeypatch.setattr(limits, "MAX_TENSORS", 20)
    monkeypatch.setattr("core.storage.checkpoints.torch.load", None)
    with pytest.raises(InputError, match=r"many lists at least \d+ tensors; a checkpoint of at most 20 is"):
        read_checkpoint(tmp_path / "many")


@pytest.mark.parametrize("form", ["safetensors", "torch"])
def test_a_list_of_tensors_that_is_too_long_is_not_parsed(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_HEADER_BYTES", 300)
    monkeypatch.setattr("core.storage.checkpoints.json.loads", None)
    monkeypatch.setattr("core.storage.checkpoints.torch.load", None)
    (empty_safetensors if form == "safetensors" else one_storage)(tmp_path / "many", 20)
    with pytest.raises(InputError, match="many lists its tensors in"):
        read_checkpoint(tmp_path / "many")


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        ("safetensors with a million dimensions", "has a tensor of 1,000,000 dimensions"),
        ("safetensors with a key of a million letters", "has a key of 1,000,000 letters"),
        ("safetensors of one key twice", "is not a checkpoint"),
        ("safetensors of one key 40,000 times", "is not a checkpoint"),
    ],
)
def test_a_safetensors_header_that_costs_or_lies_is_not_parsed_again(
    bomb: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.safetensors").write_bytes(CHECKPOINTS[bomb]())
    monkeypatch.setattr("core.storage.checkpoints.load_file", None)
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.safetensors")


def test_what_is_just_too_much_is_told_in_bytes() -> None:
    with pytest.raises(InputError, match="at least 2,000,001 bytes; at most 2,000,000 bytes"):
        checkpoint_limits.check_unpacked("a.h5", 10_000, 2_000_001)

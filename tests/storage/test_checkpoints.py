"""Reading checkpoints: every form gives the same tensors, and what is none is refused without running anything."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from core.storage.checkpoints import form_of, read_checkpoint
from core.types import InputError

TENSORS = {"conv.weight": torch.arange(12.0).view(3, 4) / 7, "conv.count": torch.tensor(3)}
MESONET = Path(__file__).resolve().parents[3] / "shared" / "data" / "mesonet"


def save_legacy(value: Any, path: Path) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=False)


def same(found: dict[str, Tensor], wanted: dict[str, Tensor] = TENSORS) -> bool:
    return list(found) == list(wanted) and all(torch.equal(found[key], wanted[key]) for key in wanted)


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model", "net"])
@pytest.mark.parametrize("save", [torch.save, save_legacy], ids=["zip", "legacy"])
def test_a_state_dict_in_any_wrapping(save: Callable[..., None], wrapper: str | None, tmp_path: Path) -> None:
    save({wrapper: TENSORS, "epoch": 3, "best": "val"} if wrapper else TENSORS, tmp_path / "a.h5")
    assert form_of(tmp_path / "a.h5") == "torch"
    assert same(read_checkpoint(tmp_path / "a.h5"))


def test_wrapped_twice_and_parameters(tmp_path: Path) -> None:
    torch.save({"model": {"state_dict": {"w": nn.Parameter(torch.ones(2))}}}, tmp_path / "a.pth")
    found = read_checkpoint(tmp_path / "a.pth")
    assert list(found) == ["w"]
    assert not found["w"].requires_grad


def test_safetensors_under_a_wrong_suffix(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "a.pth")
    assert form_of(tmp_path / "a.pth") == "safetensors"
    found = read_checkpoint(tmp_path / "a.pth")
    assert same(dict(sorted(found.items(), reverse=True)))


def keras(path: Path, root: str = "", kernel: Any = None) -> None:
    """What Keras writes: the weights in layer groups, their order in attributes; the groups themselves are sorted."""
    with h5py.File(path, "w") as file:
        group = file.create_group(root) if root else file
        group.attrs["layer_names"] = np.array([b"conv2d_9", b"pool_1", b"conv2d_10"])
        group.create_group("pool_1").attrs["weight_names"] = np.array([], "S1")
        for i, layer in enumerate(("conv2d_9", "conv2d_10")):
            sub = group.create_group(layer)
            sub.attrs["weight_names"] = np.array([f"{layer}/kernel:0".encode(), f"{layer}/bias:0".encode()])
            values = np.full((2, 2), i, ">f4") if kernel is None else kernel
            sub.create_dataset(f"{layer}/kernel:0", data=values)
            sub.create_dataset(f"{layer}/bias:0", data=np.zeros(2, np.float32))
        if root:
            file.create_dataset("optimizer_weights/step", data=np.zeros(1))


@pytest.mark.parametrize("root", ["", "model_weights"])
def test_keras_keys_are_in_the_order_of_the_layers(root: str, tmp_path: Path) -> None:
    keras(tmp_path / "a.bin", root)
    found = read_checkpoint(tmp_path / "a.bin")
    assert list(found) == ["conv2d_9/kernel:0", "conv2d_9/bias:0", "conv2d_10/kernel:0", "conv2d_10/bias:0"]
    assert torch.equal(found["conv2d_10/kernel:0"], torch.ones(2, 2))


def test_hdf5_without_keras_is_read_by_path(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("layers/conv/vars/0", data=np.ones(3, np.float32))
    assert list(read_checkpoint(tmp_path / "a.h5")) == ["layers/conv/vars/0"]


@pytest.mark.skipif(not MESONET.is_dir(), reason="the published MesoNet weights are not here")
def test_the_published_mesonet_weights() -> None:
    found = read_checkpoint(MESONET / "Meso4_DF.h5")
    assert len(found) == 4 * 2 + 4 * 4 + 2 * 2
    assert found["conv2d_5/kernel:0"].shape == (3, 3, 3, 8)
    assert list(found)[:3] == ["conv2d_5/kernel:0", "conv2d_5/bias:0", "batch_normalization_5/gamma:0"]


class Bomb:
    """An object whose unpickling writes a marker file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5, "zip", "legacy"])
def test_code_in_a_pickle_is_refused_and_never_runs(protocol: int | str, tmp_path: Path) -> None:
    path, marker = tmp_path / "evil.pth", tmp_path / "marker"
    if isinstance(protocol, int):
        path.write_bytes(pickle.dumps({"w": Bomb(marker)}, protocol))
    else:
        (torch.save if protocol == "zip" else save_legacy)({"w": Bomb(marker)}, path)
    with pytest.raises(InputError, match=r"evil\.pth"):
        read_checkpoint(path)
    assert not marker.exists()
    if isinstance(protocol, int) and protocol > 2:
        pickle.loads(path.read_bytes())  # the marker does appear when it is run
        assert marker.exists()


@pytest.mark.parametrize("save", [torch.save, save_legacy], ids=["zip", "legacy"])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_a_whole_module_is_refused_with_the_way_out(save: Callable[..., None], tmp_path: Path) -> None:
    save(nn.Linear(2, 2), tmp_path / "model.pth")
    with pytest.raises(InputError, match="whole pickled module") as caught:
        read_checkpoint(tmp_path / "model.pth")
    assert "torch.nn.modules.linear.Linear" in str(caught.value)
    assert "run the code inside" in str(caught.value)
    assert "torch.save(model.state_dict()," in str(caught.value)


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning", "ignore:.torch.jit:DeprecationWarning")
def test_a_script_module_is_refused(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "script.pt")
    with pytest.raises(InputError, match="whole pickled module or object"):
        read_checkpoint(tmp_path / "script.pt")


def cut(path: Path, share: float = 0.6) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


BIG = {f"layer{i}.weight": torch.full((40, 40), float(i)) for i in range(4)}


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda path: torch.save(BIG, path), "only a part of a file: its end is missing"),
        (lambda path: save_legacy(BIG, path), "damaged, or only half of it"),
        (lambda path: save_file(BIG, path), r"only a part of a file: \d+ of \d+ bytes"),
        (keras, r"only a part of a file: \d+ of \d+ bytes"),
    ],
    ids=["zip", "legacy", "safetensors", "hdf5"],
)
def test_half_a_download(save: Callable[[Path], None], words: str, tmp_path: Path) -> None:
    path = tmp_path / "half.pth"
    save(path)
    read_checkpoint(path)
    cut(path)
    with pytest.raises(InputError, match=words):
        read_checkpoint(path)


@pytest.mark.parametrize("save", [torch.save, save_legacy, save_file, None], ids=["zip", "legacy", "safetensors", "h5"])
def test_no_cut_and_no_flipped_byte_lets_a_foreign_error_through(save: Any, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole", tmp_path / "part"
    save(TENSORS, whole) if save else keras(whole)
    data, rng = whole.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data[: rng.integers(1, len(data) + 1)])
        for at in rng.integers(0, len(broken), 4):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(broken)
        found: dict[str, Tensor] = {}
        with contextlib.suppress(InputError):
            found = read_checkpoint(path)
        assert all(torch.isfinite(value).all() for value in found.values())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_nan_and_infinity_name_the_key(bad: float, dtype: torch.dtype, tmp_path: Path) -> None:
    values = torch.zeros(5, dtype=dtype)
    values[3] = bad
    torch.save({**TENSORS, "head.bias": values}, tmp_path / "a.pth")
    with pytest.raises(InputError, match="NaN or infinity in head.bias"):
        read_checkpoint(tmp_path / "a.pth")


def test_nan_in_a_keras_file(tmp_path: Path) -> None:
    keras(tmp_path / "a.h5", kernel=np.array([[np.nan]], np.float32))
    with pytest.raises(InputError, match="NaN or infinity in conv2d_9/kernel:0"):
        read_checkpoint(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n <!DOCTYPE html><html><body>Too many requests", "web page: the download got a page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pointer of Git LFS"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "is not a checkpoint"),
        (b"words only", "is not a checkpoint"),
        (b"\x05\0\0\0\0\0\0\0{what", "is not a checkpoint"),
        (b"PK\x05\x06" + bytes(18), "is not a checkpoint"),
    ],
)
def test_what_is_no_checkpoint(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith("a.pth ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        ("1e400", "is not a checkpoint"),
        ("-1e400", "is not a checkpoint"),
        ("NaN", "is not a checkpoint"),
        ("9" * 5000, "is not a checkpoint"),
        ("9" * 4300, "unpacks to at least 1,000,000 GB; at most"),
        ("-4", "is damaged"),
        ("4.5", "is damaged"),
        ('"4"', "is damaged"),
        ("null", "is not a checkpoint"),
    ],
)
def test_offsets_of_a_safetensors_header_that_are_none(offset: str, words: str, tmp_path: Path) -> None:
    header = f'{{"w": {{"dtype": "F32", "shape": [1], "data_offsets": [0, {offset}]}}}}'.encode()
    (tmp_path / "a.pth").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize("name", ["..", "n" * 300, "\U0001f600" * 80])
def test_a_checkpoint_of_no_possible_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder|cannot be opened: File name too long"):
        read_checkpoint(tmp_path / name)


@pytest.mark.parametrize("value", [{}, {"epoch": 3}, [torch.ones(2)], {"state_dict": {"epoch": 1}}])
def test_no_tensors_inside(value: Any, tmp_path: Path) -> None:
    torch.save(value, tmp_path / "a.pth")
    with pytest.raises(InputError, match="has no tensors inside"):
        read_checkpoint(tmp_path / "a.pth")


def test_a_dictionary_that_holds_itself_ends(tmp_path: Path) -> None:
    value: dict[str, Any] = {}
    value["model"] = value
    torch.save(value, tmp_path / "a.pth")
    with pytest.raises(InputError, match="has no tensors inside"):
        read_checkpoint(tmp_path / "a.pth")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone.pth is not there"):
        read_checkpoint(tmp_path / "gone.pth")
    with pytest.raises(InputError, match="is a folder"):
        read_checkpoint(tmp_path)


def test_a_file_that_takes_tensors_from_another_is_refused(tmp_path: Path) -> None:
    keras(tmp_path / "other.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"conv2d_9"])
        file["conv2d_9"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "conv2d_9")
    with pytest.raises(InputError, match="takes conv2d_9 from another file"):
        read_checkpoint(tmp_path / "link.h5")


@pytest.mark.parametrize("how", ["external", "virtual"])
def test_nor_is_one_whose_numbers_are_in_another_file(how: str, tmp_path: Path) -> None:
    (tmp_path / "raw.bin").write_bytes(bytes(16))
    keras(tmp_path / "other.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if how == "external":
            file.create_dataset("w", (4,), "f4", external=[(str(tmp_path / "raw.bin"), 0, 16)])
        else:
            view = h5py.VirtualLayout((2, 2), "f4")
            view[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "conv2d_9/conv2d_9/kernel:0", (2, 2))
            file.create_virtual_dataset("w", view)
    with pytest.raises(InputError, match="takes w from another file"):
        read_checkpoint(tmp_path / "a.h5")

"""Make PyTorch files whose tensors claim other numbers than their storages hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from .hostile_pickles import held, number, older, text, zipped

Made = Callable[[], bytes]
_NOTHING = b"ccollections\nOrderedDict\n)R"


def _tuple(values: Sequence[int]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def _storage(numel: int, kind: str, key: str, place: str, end: bytes) -> bytes:
    claimed = text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text(place) + number(numel)
    return b"(" + claimed + end + b"tQ"


def _pickled(
    size: Sequence[int] = (4,),
    stride: Sequence[int] = (1,),
    *,
    offset: int = 0,
    numel: int = 4,
    kind: str = "FloatStorage",
    key: str = "0",
    place: str = "cpu",
    end: bytes = b"",
    count: int = 1,
) -> bytes:
    """Return a pickled state dict of `count` tensors.

    Args:
        size: of each dimension, as it is claimed.
        stride: of each dimension, as it is claimed.
        offset: of the first number in the storage.
        numel: of the storage, as it is claimed.
        kind: of the storage.
        key: of the storage.
        place: device of the storage.
        end: opcodes of what else names the storage.
        count: tensors.
    """
    stored = _storage(numel, kind, key, place, end) + number(offset) + _tuple(size) + _tuple(stride)
    one = b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + b"\x89" + _NOTHING + b"tR"
    return b"\x80\x02}" + b"".join(text(f"w{index}") + one + b"s" for index in range(count)) + b"."


def _zipped(**claimed: object) -> bytes:
    pickle = _pickled(**claimed)  # type: ignore[arg-type]
    return zipped(pickle)


def _older(held: int = 4, **claimed: object) -> bytes:
    return older(_pickled(end=b"N", **claimed), held)  # type: ignore[arg-type]


def _called(name: str, arguments: bytes) -> bytes:
    """Return a state dict of one tensor that another of PyTorch's functions makes."""
    module, _, function = name.rpartition(".")
    made = f"c{module}\n{function}\n(".encode() + arguments + b"tR"
    return zipped(held(made))


_SHELL = b"ctorch\nfloat32\n"
STORAGES: Mapping[str, Made] = {
    "PyTorch tensor past its storage": partial(_zipped, size=(1000,)),
    "PyTorch tensor before its storage": partial(_zipped, offset=-4),
    "PyTorch tensor far past its storage": partial(_zipped, offset=2**62),
    "PyTorch tensor of size -1": partial(_zipped, size=(-1,)),
    "PyTorch tensor of 2^80 numbers": partial(_zipped, size=(2**40, 2**40), stride=(0, 0)),
    "PyTorch tensor of one number a billion times": partial(_zipped, size=(10**9,), stride=(0,)),
    "PyTorch tensor of 2^70 in one size": partial(_zipped, size=(2**70,)),
    "PyTorch tensor with stride -1": partial(_zipped, stride=(-1,)),
    "PyTorch tensor with stride 2^62": partial(_zipped, stride=(2**62,)),
    "PyTorch tensor with fewer strides than sizes": partial(_zipped, size=(2, 2)),
    "PyTorch tensor of 100,000 dimensions": partial(_zipped, size=(1,) * 10**5, stride=(1,) * 10**5),
    "PyTorch tensor of a hundred dimensions": partial(_zipped, size=(1,) * 100, stride=(1,) * 100),
    "PyTorch storage that claims a billion numbers": partial(_zipped, numel=10**9),
    "PyTorch storage that claims -1 numbers": partial(_zipped, numel=-1),
    "PyTorch storage that claims fewer numbers": partial(_zipped, numel=1),
    "PyTorch storage of another type": partial(_zipped, kind="DoubleStorage"),
    "PyTorch storage that is not there": partial(_zipped, key="1"),
    "PyTorch storage by a path": partial(_zipped, key="../../data.pkl"),
    "PyTorch file of 10,001 tensors": partial(_zipped, count=10_001),
    "older PyTorch storage that claims a billion numbers": partial(_older, numel=10**9),
    "older PyTorch storage that claims -1 numbers": partial(_older, numel=-1),
    "older PyTorch storage that holds a billion numbers": partial(_older, 10**9),
    "older PyTorch storage that holds -1 numbers": partial(_older, -1),
    "older PyTorch storage that is not there": partial(_older, key="1"),
    "older PyTorch tensor past its storage": partial(_older, size=(1000,)),
    "PyTorch tensor without memory": partial(
        _called, "torch._utils._rebuild_meta_tensor_no_storage", _SHELL + _tuple((2**40,)) + _tuple((1,)) + b"\x89"
    ),
    "PyTorch sparse tensor of 2^62 numbers": partial(
        _called,
        "torch._utils._rebuild_sparse_tensor",
        b"ctorch.serialization\n_get_layout\n" + text("torch.sparse_coo") + b"\x85RN",
    ),
    "PyTorch parameter of a number": partial(_called, "torch._utils._rebuild_parameter", b"K\x01\x89" + _NOTHING),
}

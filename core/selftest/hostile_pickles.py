"""Make pickles that would run code, or cost much."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial

Made = Callable[[], bytes]
_MAGIC = (b"\x80\x02\x8a\n" + bytes.fromhex("6cfc9c46f9206aa85019") + b".", b"\x80\x02M\xe9\x03.", b"\x80\x02}.")


def zipped(pickle: bytes) -> bytes:
    """Return a PyTorch archive of this pickle and a storage."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a/data.pkl", pickle)
        archive.writestr("a/byteorder", "little")
        archive.writestr("a/data/0", bytes(16))
        archive.writestr("a/version", "3\n")
    return kept.getvalue()


def older(pickle: bytes, numel: int = 4) -> bytes:
    """Return a file of PyTorch's older form; `numel`: claimed of its storage."""
    names = b"\x80\x02]" + text("0") + b"a."
    return b"".join(_MAGIC) + pickle + names + numel.to_bytes(8, "little", signed=True) + bytes(16)


def text(value: str) -> bytes:
    """Return the opcodes that push a text."""
    data = value.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def number(value: int) -> bytes:
    """Return the opcodes that push a whole number."""
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes((len(data),)) + data


def tensor(end: bytes = b"") -> bytes:
    """Return the opcodes that push a sound tensor of four numbers.

    end: what else names its storage.
    """
    stored = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x04" + end + b"tQ"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + b"K\x00K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )


def held(inside: bytes, end: bytes = b"") -> bytes:
    """Return a pickled dictionary with this under "w", behind a sound tensor."""
    return b"\x80\x02}" + text("v") + tensor(end) + b"s" + text("w") + inside + b"s."


SOUND = held(tensor())


def _calls(name: str, argument: bytes) -> bytes:
    module, _, function = name.rpartition(".")
    return f"c{module}\n{function}\n".encode() + argument + b"\x85R"


_MARK = text("true")
_RUN = {  # pickled calls, by what would run
    "os.system": _calls("os.system", _MARK),
    "posix.system by its place on the stack": b"\x8c\x05posix\x8c\x06system\x93" + _MARK + b"\x85R",
    "os.system by INST": b"(" + _MARK + b"ios\nsystem\n",
    "os.system by OBJ": b"(cos\nsystem\n" + _MARK + b"o",
    "subprocess.Popen by NEWOBJ": b"csubprocess\nPopen\n" + _MARK + b"\x85\x81",
    "subprocess.Popen by NEWOBJ_EX": b"csubprocess\nPopen\n" + _MARK + b"\x85}\x92",
    "builtins.eval": _calls("builtins.eval", _MARK),
    "__builtin__.exec": _calls("__builtin__.exec", _MARK),
    "builtins.__import__": _calls("builtins.__import__", _MARK),
    "builtins.getattr": b"cbuiltins\ngetattr\nctorch\nTensor\n" + text("__class__") + b"\x86R",
    "torch.load": _calls("torch.load", text("w.pth")),
    "torch.hub.load": _calls("torch.hub.load", text("a/b")),
    "functools.partial": _calls("functools.partial", b"cos\nsystem\n"),
    "numpy's pickled object": _calls("numpy.core.multiarray._reconstruct", b"N"),
    "an extension by its number": b"\x82\x01",
    "a persistent id in text": b"Pos.system\n",
    "a state set on a class": b"ctorch\nTensor\n}" + text("numel") + b"Nsb",
}
_COST = {
    "10 GB by bytearray": _calls("builtins.bytearray", number(10**10)),
    "uninitialised memory by torch.Tensor": _calls("torch.Tensor", number(1000)),
    "uninitialised memory by FloatTensor": _calls("torch.FloatTensor", number(200_000)),
    "a name of a million letters": b"c" + b"a" * 10**6 + b"\nsystem\n",
    "a million dimensions": b"(" + b"K\x01" * 10**5 + b"t",
    "a number of 2^31 bytes": b"\x8b\xff\xff\xff\x7f" + bytes(8),
    "a number of -1 bytes": b"\x8b\xff\xff\xff\xff",
    "a number of a million bytes": b"\x8b" + (10**6).to_bytes(4, "little") + b"\x7f" * 10**6,
    "a million digits": b"L" + b"9" * 10**6 + b"L\n",
    "text of 2^62 bytes": b"\x8d" + (2**62).to_bytes(8, "little"),
    "a frame of 2^62 bytes": b"\x95" + (2**62).to_bytes(8, "little") + b"N",
    "bytes of 2^40": b"\x96" + (2**40).to_bytes(8, "little"),
    "a place of the memo that is empty": b"j\xff\xff\xff\xff",
    "a million marks": b"(" * 10**6,
    "tuples a million deep": b")" + b"\x85" * 10**6,
    "lists a million deep": b"]" * 10**6 + b"a" * (10**6 - 1),
    "a million copies": b")" + b"2" * 10**6 + b"0" * 10**6,
    "an empty stack": b"0" * 10,
    "an opcode that there is not": b"\xff",
    "no end": b"",
}


def _zipped(inside: bytes) -> bytes:
    return zipped(held(inside))


def _older(inside: bytes) -> bytes:
    return older(held(inside, b"N"))


PICKLES: Mapping[str, Made] = {
    "pickle that runs a program": lambda: b"cos\nsystem\n(S'true'\ntR.",
    **{f"pickle with {name}": partial(_zipped, inside) for name, inside in (_RUN | _COST).items()},
    **{f"older pickle with {name}": partial(_older, inside) for name, inside in list((_RUN | _COST).items())[::3]},
    "pickle without its end": lambda: zipped(SOUND[:-1]),
    "older pickle of half a float": lambda: older(b"\x80\x02G" + bytes(4)),
}

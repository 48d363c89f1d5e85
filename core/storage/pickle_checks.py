"""Look at a pickle's opcodes before it is read; none is run."""

from __future__ import annotations

import pickletools
import re
from typing import IO

from ..types import InputError, limits
from . import checkpoint_limits

# What PyTorch would call with any arguments: memory of any size, and numbers that nobody wrote.
_MAKERS = re.compile(r"(builtins|__builtin__) bytearray|torch(\.\w+)* \w*Tensor")
WANTED = "a state dict of plain tensors is wanted"
_NAMED = ("GLOBAL", "INST")


def check_pickles(name: str, file: IO[bytes], count: int) -> None:
    """Look at `count` pickles, one behind the other, in an open file.

    Refuses too many tensors or opcodes, a tuple that is no shape, and calls that take memory. What is damaged ends the
    look: PyTorch says it when it reads.
    """
    look = _Look(name)
    for _ in range(count):
        opcodes = pickletools.genops(file)
        while True:
            try:
                opcode, argument, _ = next(opcodes)
            except StopIteration:
                break
            except Exception:  # noqa: BLE001 - whatever it is, PyTorch meets it too
                return
            look.see(opcode.name, argument)


class _Look:
    """Count what a pickle of this file's `name` asks for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps = self.tensors = 0
        self.marks: list[int] = []  # steps at which the open marks were set

    def see(self, opcode: str, argument: object) -> None:
        """Count one opcode; raise `InputError` where it is one too many."""
        self.steps += 1
        checkpoint_limits.check_steps(self.name, self.steps)
        if opcode == "BINPERSID":
            self.tensors += 1
            checkpoint_limits.check_count(self.name, self.tensors)
        elif opcode == "MARK":
            self.marks.append(self.steps)
        elif opcode in ("TUPLE", "LIST", "DICT", "APPENDS", "SETITEMS", "ADDITEMS", "FROZENSET", "POP_MARK"):
            began = self.marks.pop() if self.marks else self.steps
            if opcode == "TUPLE":
                checkpoint_limits.check_tuple(self.name, self.steps - began)
        elif opcode in _NAMED:
            self._check_called(str(argument))

    def _check_called(self, asked: str) -> None:
        if len(asked) > limits.MAX_KEY_LETTERS:
            raise InputError(f"{self.name} asks for code by a name of {len(asked):,} letters; {WANTED}")
        if _MAKERS.fullmatch(asked):
            what = asked.replace(" ", ".")
            raise InputError(f"{self.name} makes what it holds by calls of {what}; {WANTED}")

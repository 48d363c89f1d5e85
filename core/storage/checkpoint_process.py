"""Parse checkpoints inside a confined process: see `core.sandbox`."""

from __future__ import annotations

import encodings.cp437  # noqa: F401 - of the names in an archive, imported where files can still be opened
import io
import warnings
from collections.abc import Iterator
from typing import cast

import h5py  # noqa: F401 - as it is imported late
import torch
from safetensors.torch import load, save

from ..sandbox.channel import Values
from ..sandbox.file_numbers import FileNumber
from ..types import Array
from .checkpoint_reader import Form
from .checkpoints import parse_checkpoint
from .plain_tensors import plain_tensor

warnings.simplefilter("ignore")  # nobody reads them


torch.set_num_threads(1)  # others would not be there after a fork
for _older in (False, True):  # what PyTorch imports late is imported here, where files can still be opened
    _kept = io.BytesIO()
    torch.save({"w": torch.ones(1)}, _kept, _use_new_zipfile_serialization=not _older)
    torch.load(io.BytesIO(_kept.getvalue()), weights_only=True)
load(save({"w": torch.ones(1)}))


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | None]]:
    """Answer each tensor's key, type and shape with its bytes."""
    tensors = parse_checkpoint(FileNumber(file), str(values["name"]), cast(Form, values["form"]))
    for key, tensor in tensors.items():
        yield plain_tensor(key, tensor)

"""Read checkpoints (HDF5, safetensors, PyTorch state dict) as tensors without running their code."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, load_file
from torch import Tensor

from ..sandbox.file_numbers import FileNumber
from ..sandbox.reading_place import reads_inside
from ..types import InputError, limits
from . import checkpoint_limits
from .checkpoint_reader import Form, read_apart
from .hdf5_checks import check_packing, chunks_of
from .pickle_checks import check_pickles

SUFFIXES: dict[Form, str] = {"hdf5": ".h5", "safetensors": ".safetensors", "torch": ".pth"}
WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
ALLOWED = "a Keras HDF5 file, a safetensors file or a PyTorch state dict is wanted"
OLDER_PICKLES = 5  # a file of PyTorch's older form begins with: magic number, version, machine, tensors, storages
LINKS = 4  # of a tensor in HDF5: its own, and those of the groups about it
WHOLE = "a checkpoint that is whole in itself is wanted"
AS_STATE_DICT = 'its owner can save what is wanted with: torch.save(model.state_dict(), "weights.pth")'


def read_checkpoint(path: Path, *, known: bool = False) -> dict[str, Tensor]:
    """Read a checkpoint's tensors by key, on the CPU, in the file's order.

    The content decides how it is read. Keras files give keys like "conv2d_1/kernel:0", layer by layer. A state dict is
    unwrapped from "state_dict", "model_state_dict", "model" or "net". Raises `InputError` for anything but finite
    tensors within `checkpoint_limits`. `known`: the file has a published checksum, and is read in this process; others
    are read in one of their own, whose death harms nobody.
    """
    form = form_of(path)
    if known or reads_inside():
        return parse_checkpoint(path, path.name, form)
    return read_apart(path, form)


def parse_checkpoint(source: Path | FileNumber, name: str, form: Form) -> dict[str, Tensor]:
    """Parse a checkpoint of this form, in this process: see `read_checkpoint`."""
    try:
        if form == "hdf5":
            tensors = _read_hdf5(source, name)
        elif form == "safetensors":
            _check_safetensors(source, name)
            tensors = load_file(source) if isinstance(source, Path) else load(source.content())
        else:
            tensors = _read_torch(source, name)
        _check(name, source.stat().st_size, tensors)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # three parsers of foreign bytes raise whatever they like
        raise InputError(f"{name} is damaged, or only half of it was downloaded, and cannot be read") from error
    return tensors


def form_of(path: Path) -> Form:
    """Detect a checkpoint's form by its first bytes; raise `InputError` for anything else."""
    try:
        if not path.is_file():
            raise InputError(f"{path.name} is {'a folder' if path.is_dir() else 'not there'}; {ALLOWED}")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened: {error.strerror or 'it is not readable'}") from None
    if size == 0:
        raise InputError(f"{path.name} is empty; {ALLOWED}")
    if size > limits.CHECKPOINT_BYTES:
        most = f"{limits.CHECKPOINT_BYTES / 1e9:.0f} GB"
        raise InputError(f"{path.name} has {size / 1e9:.1f} GB; a checkpoint of at most {most} is read")
    if looks_like_a_web_page(start):
        raise InputError(f"{path.name} is a web page: the download got a page instead of the file; {ALLOWED}")
    if start.startswith(b"version https://git-lfs"):
        raise InputError(f"{path.name} is a pointer of Git LFS and not the file itself; {ALLOWED}")
    if start.startswith(HDF5):
        return "hdf5"
    if start.startswith(ZIP) or re.match(rb"\x80[\x02-\x05]", start):
        return "torch"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= 100_000_000:
        return "safetensors"
    raise InputError(f"{path.name} is not a checkpoint; {ALLOWED}")


def looks_like_a_web_page(start: bytes) -> bool:
    """Tell whether a file's first bytes are HTML or XML."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _half(name: str, size: int, wanted: int) -> InputError:
    return InputError(f"{name} is only a part of a file: {size} of {wanted} bytes are there; download it again")


def _check_safetensors(source: Path | FileNumber, name: str) -> None:
    """Compare the file's length with its header: a shorter file is a partial download."""
    size = source.stat().st_size
    with source.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        checkpoint_limits.check_header(name, length)
        header = file.read(length)
    if len(header) < length:
        raise _half(name, size, 8 + length)
    try:
        facts = {
            key: fact for key, fact in json.loads(header, object_pairs_hook=_unique).items() if key != "__metadata__"
        }
        dimensions = max((len(fact["shape"]) for fact in facts.values()), default=0)
        wanted = 8 + length + max((int(fact["data_offsets"][1]) for fact in facts.values()), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError):
        raise InputError(f"{name} is not a checkpoint; {ALLOWED}") from None
    checkpoint_limits.check_count(name, len(facts))
    checkpoint_limits.check_key(name, max(facts, key=len, default=""))
    checkpoint_limits.check_dimensions(name, dimensions)
    checkpoint_limits.check_unpacked(name, size, wanted - 8 - length)
    if size < wanted:
        raise _half(name, size, wanted)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object of distinct keys.

    Readers differ in which of two equal ones holds.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _read_hdf5(source: Path | FileNumber, name: str) -> dict[str, Tensor]:
    import h5py  # here: it is slow to import

    try:
        with source.open("rb") as opened, h5py.File(opened, "r") as file:  # a file without a name links nowhere
            _check_links(name, file)
            return _hdf5_tensors(name, source.stat().st_size, file)
    except OSError as error:
        if found := re.search(r"eof = (\d+).*stored_eof = (\d+)", str(error)):
            raise _half(name, int(found[1]), int(found[2])) from None
        raise


def _check_links(name: str, file: Any) -> None:
    """Look at every link, following none, and refuse those that lead elsewhere."""
    from h5py import h5l  # here: it is slow to import

    count = 0

    def look(key: bytes, link: Any) -> str | None:
        nonlocal count
        count += 1
        if len(key) > limits.MAX_KEY_LETTERS:
            most = f"one of at most {limits.MAX_KEY_LETTERS:,} is read"
            return f"{name} has a key of {len(key):,} letters or more with its groups; {most}"
        if link.type != h5l.TYPE_HARD:
            where = "another place by a link" if link.type == h5l.TYPE_SOFT else "another file"
            return f"{name} takes {key.decode(errors='replace')} from {where}; {WHOLE}"
        return "" if count > LINKS * limits.MAX_TENSORS else None

    found = file.id.links.visit(look, info=True)  # what `look` returns ends it; an error inside would be lost
    if found:
        raise InputError(found)
    checkpoint_limits.check_count(name, math.ceil(count / LINKS))


def _hdf5_tensors(name: str, size: int, file: Any) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    unpacked = chunks = 0
    for number, (key, dataset) in enumerate(_datasets(name, file.get("model_weights", file)), 1):
        checkpoint_limits.check_count(name, number)
        # a file may point at other files, which must not be read in its name
        if dataset.external or dataset.is_virtual:
            raise InputError(f"{name} takes {key} from another file; {WHOLE}")
        if dataset.dtype.kind not in "fiu":
            continue
        unpacked += dataset.nbytes
        chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize  # one is unpacked whole, whatever is read
        checkpoint_limits.check_unpacked(name, size, max(unpacked, chunk))
        chunks += chunks_of(dataset)
        checkpoint_limits.check_chunks(name, chunks)
        check_packing(name, key, dataset)
        if key in tensors:
            raise InputError(f"{name} has the key {key} twice; {ALLOWED}")
        values = np.asarray(dataset[()])
        tensors[key] = torch.from_numpy(np.array(values, values.dtype.newbyteorder("="), order="C"))
    return tensors


def _datasets(name: str, root: Any) -> Iterator[tuple[str, Any]]:
    """Yield every dataset with its key.

    In the order of Keras's `layer_names` and `weight_names`, else by path.
    """
    if "layer_names" not in root.attrs:
        from h5py import Dataset  # here: it is slow to import

        found: list[tuple[str, Any]] = []
        root.visititems(lambda key, item: found.append((key, item)) if isinstance(item, Dataset) else None)
        yield from found
        return
    layers = root.attrs["layer_names"]
    checkpoint_limits.check_count(name, len(layers))
    for layer in map(_text, layers):
        for key in map(_text, root[layer].attrs["weight_names"]):
            yield key, root[layer][key]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_torch(source: Path | FileNumber, name: str) -> dict[str, Tensor]:
    with source.open("rb") as file:
        zipped = file.read(4) == ZIP
        if not zipped:
            file.seek(0)
            check_pickles(name, file, OLDER_PICKLES)
    if zipped:
        _check_zip(source, name)
    try:
        with source.open("rb") as file:
            found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        wanted = re.search(r"GLOBAL ([\w.]+)", str(error))
        if wanted or "TorchScript" in str(error):
            what = f" (it asks for {wanted[1][: limits.MAX_KEY_LETTERS]})" if wanted else ""
            raise InputError(
                f"{name} is a whole pickled module or object{what}, and reading it would run the code inside; "
                f"{AS_STATE_DICT}"
            ) from None
        raise
    return _unwrapped(found)


def _check_zip(source: Path | FileNumber, name: str) -> None:
    """Check the archive's index, which lies at the end: a partial file has none."""
    try:
        with source.open("rb") as file, zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            pickle = _check_parts(source, name, parts)
            opcodes = archive.read(pickle)
    except zipfile.BadZipFile as error:
        if "CRC" in str(error):
            raise
        raise InputError(f"{name} is only a part of a file: its end is missing; download it again") from None
    check_pickles(name, io.BytesIO(opcodes), 1)


def _check_parts(source: Path | FileNumber, name: str, parts: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Check what an archive says of its parts; return the pickle among them."""
    pickles = [part for part in parts if part.filename.endswith("/data.pkl")]
    if not pickles:
        raise InputError(f"{name} is a zip archive without PyTorch tensors; {ALLOWED}")
    checkpoint_limits.check_count(name, sum("/data/" in part.filename for part in parts))
    checkpoint_limits.check_header(name, sum(part.file_size for part in pickles))
    checkpoint_limits.check_unpacked(name, source.stat().st_size, sum(part.file_size for part in parts))
    root = pickles[0].filename.removesuffix("data.pkl")
    names = {part.filename for part in parts}
    inside = all(one.startswith(root) and ".." not in one.split("/") for one in names)
    if len(pickles) > 1 or len(names) < len(parts) or not inside:
        raise InputError(f"{name} has parts that PyTorch does not write, or one of them twice; {ALLOWED}")
    return pickles[0]


def _unwrapped(found: Any) -> dict[str, Tensor]:
    """Return the tensors of a state dict, or of the one that it wraps."""
    for _ in range(len(WRAPPERS)):  # a dictionary may hold itself
        if not isinstance(found, Mapping):
            break
        inner = next((found[key] for key in WRAPPERS if isinstance(found.get(key), Mapping)), None)
        if inner is None:
            return {str(key): value.detach() for key, value in found.items() if isinstance(value, Tensor)}
        found = inner
    return {}


def _check(name: str, size: int, tensors: Mapping[str, Tensor]) -> None:
    """Check that there are tensors, of bearable number and size, and all finite.

    A view can claim more than its file holds.
    """
    if not tensors:
        raise InputError(f"{name} has no tensors inside; {ALLOWED}")
    if any(value.layout != torch.strided or value.device.type != "cpu" for value in tensors.values()):
        raise InputError(f"{name} has sparse or empty shells of tensors; {ALLOWED}")
    checkpoint_limits.check_count(name, len(tensors))
    checkpoint_limits.check_unpacked(
        name, size, sum(value.numel() * value.element_size() for value in tensors.values())
    )
    for key, value in tensors.items():
        checkpoint_limits.check_key(name, key)
        checkpoint_limits.check_dimensions(name, value.ndim)
        if not bool(torch.isfinite(value.float() if value.element_size() == 1 else value).all()):
            raise InputError(f"{name} has NaN or infinity in {key}; a checkpoint has finite numbers only")

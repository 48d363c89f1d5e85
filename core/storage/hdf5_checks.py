"""Bound what a dataset of an HDF5 file costs to unpack."""

from __future__ import annotations

import math
import zlib
from typing import Any

from ..types import InputError

_DEFLATE, _SHUFFLE, _CHECKSUM, _LZF = 1, 2, 3, 32_000
_CHECKSUM_BYTES = 4


def chunks_of(dataset: Any) -> int:
    """Return in how many pieces a dataset is stored."""
    if not dataset.chunks:
        return 1
    return math.prod(math.ceil(size / piece) for size, piece in zip(dataset.shape, dataset.chunks, strict=True))


def check_packing(name: str, key: str, dataset: Any) -> None:
    """Refuse unusual filters, and a chunk that unpacks to more than its place.

    HDF5 itself unpacks a chunk to its end, however far that is.
    """
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    known = {_DEFLATE, _SHUFFLE, _CHECKSUM, _LZF}
    behind = filters[filters.index(_DEFLATE) + 1 :] if _DEFLATE in filters else []
    if not known.issuperset(filters) or len(set(filters)) < len(filters) or not {_CHECKSUM}.issuperset(behind):
        raise InputError(f"{name} packs {key} in a way that is not read; gzip, lzf, shuffle and checksums are")
    if _DEFLATE not in filters:
        return
    room = math.prod(dataset.chunks) * dataset.dtype.itemsize + _CHECKSUM_BYTES
    places: list[tuple[tuple[int, ...], int]] = []
    dataset.id.chunk_iter(lambda chunk: places.append((chunk.chunk_offset, chunk.filter_mask)))
    for place, left_out in places:
        if not left_out >> filters.index(_DEFLATE) & 1:
            packed = dataset.id.read_direct_chunk(place)[1]
            if len(zlib.decompressobj().decompress(packed, room + 1)) > room:
                raise InputError(f"{name} unpacks {key} to more than the {dataset.nbytes:,} bytes that it claims")

"""Open and read media inside a confined process: see `core.sandbox`."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import pkgutil
import warnings
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from PIL import Image

from ..sandbox.channel import Values
from ..sandbox.file_numbers import FileNumber
from ..sandbox.shared_regions import Strips
from ..types import Array, Media
from .decoder_threads import MAX_THREADS, limit_decoder_threads
from .file_metadata import parse_location, parse_metadata
from .picture_decoding import load_image
from .quiet_av import av
from .trust_lists import TrustLists
from .video import _Clip, _Index, opened_video

# Here, where modules can still be imported; these libraries do so late.
Image.init()
with contextlib.suppress(ImportError):  # it need not be there
    importlib.import_module("c2pa")
for _found in pkgutil.walk_packages(av.__path__, "av."):
    if not _found.name.endswith("__main__"):
        importlib.import_module(_found.name)
warnings.simplefilter("ignore")  # what they would say is checked, and nobody reads it


def warm_up() -> None:
    """Decode an image of our own: what the first one touches is then there."""
    data = io.BytesIO()
    Image.new("RGB", (16, 16)).save(data, "JPEG")
    for _ in load_image(data.getvalue(), "", "JPEG").strips():
        pass


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | Strips | None]]:
    """Answer "image", "video", "frames", "metadata" or "location" with plain values and pixels (H, W, 3) uint8.

    A "video" first answers frames met on the way, and says at last whether they are good. Its index, of which only
    this module knows the form, goes out as text and comes back with "frames".
    """
    source, name = FileNumber(file), str(values["name"])
    limit_decoder_threads(cast(int, values.get("threads", MAX_THREADS)))
    if task == "image":
        loaded = load_image(source.content(), name, str(values["kind"]))
        yield {}, Strips(loaded.shape, np.dtype(np.uint8), loaded.strips())
        yield {"metadata": loaded.metadata, "notes": loaded.notes}, None
    elif task == "video":
        media, good = yield from _opened(
            source, name, str(values["kind"]), cast(int, values["ahead"]), kept=bool(values.get("kept", True))
        )
        facts = {key: getattr(media, key) for key in ("size", "frames", "fps", "notes")}
        clip = cast(_Clip, media.source)
        assert clip.index is not None
        index = json.dumps({"demuxer": clip.demuxer, "index": asdict(clip.index)})
        yield {**facts, "metadata": dict(media.metadata), "index": index, "good": good}, None
    elif task == "metadata":
        lists = TrustLists(**cast(dict[str, str], values["lists"]))
        yield parse_metadata(source, str(values["kind"]), lists).plain(), None
    elif task == "location":
        place = parse_location(source, str(values["kind"]))
        yield {"place": place and (place.latitude, place.longitude)}, None
    else:
        known = json.loads(str(values["index"]))
        facts = {key: tuple(value) if isinstance(value, list) else value for key, value in known["index"].items()}
        clip = _Clip(source, name, known["demuxer"], _Index(**cast(Any, facts)))
        for number, frame in clip.read(tuple(cast(list[int], values["indices"]))):
            yield {"frame": number}, frame


def _opened(
    source: FileNumber, name: str, kind: str, ahead: int, *, kept: bool
) -> Generator[tuple[Values, Array], None, tuple[Media, bool]]:
    """Answer the frames of `opened_video`; return what it returns."""
    opening = opened_video(source, id="", name=name, container=kind, ahead=ahead, kept=kept)
    while True:
        try:
            index, frame = next(opening)
        except StopIteration as end:
            found: tuple[Media, bool] = end.value
            return found
        yield {"frame": index}, frame

"""Read what a container says of its video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .quiet_av import av
from .sniff import clean


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """Hold what the container says of the file; 0 means unknown."""

    announced: int
    fps: float
    seconds: float
    codec: str
    tags: Mapping[str, str]


def stream_facts(container: Any, stream: Any, frames: int) -> StreamFacts:
    """Return the facts of a stream with so many frames."""
    seconds = max((container.duration or 0) / av.time_base, 0.0)
    rates = (stream.average_rate, stream.guessed_rate, frames / seconds if seconds else None)
    # A file that says nothing, or nonsense, gets the commonest rate.
    rate = next((float(rate) for rate in rates if rate and 0.01 <= rate <= 1000), 25.0)
    announced = stream.frames or round(seconds * rate)
    codec = clean(stream.codec_context.codec.long_name or stream.codec_context.name)
    wanted = {"encoder": "software", "creation_time": "date", "com.apple.quicktime.model": "model"}
    tags = {wanted[key]: clean(value) for key, value in container.metadata.items() if key in wanted and clean(value)}
    return StreamFacts(announced, rate, seconds, codec, tags)

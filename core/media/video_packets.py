"""List and decode a video stream's packets."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .nal_units import nal_format
from .quiet_av import av
from .sniff import refusal
from .video_budget import frames_words


@dataclass(frozen=True, slots=True)
class PacketList:
    """Hold what the container says of its packets, undecoded.

    stamps, keys: time stamps of all and of key frames, ascending (no stamps: missing or ambiguous); count: of packets;
    hidden: of packets that the file says are not to be shown. sound: no packet is marked as damaged. continuous: of
    H.264 packets, none is missing of those that others need.
    """

    count: int
    stamps: tuple[int, ...]
    keys: tuple[int, ...]
    sound: bool
    hidden: int
    continuous: bool


def list_packets(container: Any, stream: Any, name: str, most: int) -> PacketList:
    """List a stream's packets without decoding them.

    Args:
        container: opened.
        stream: of it, a video's.
        name: of the file, to show.
        most: packets that are allowed.

    Raises:
        InputError: there are more.
    """
    stamps: list[int | None] = []
    keys = []
    sound, hidden = True, 0
    headers = _Headers(stream)
    for packet in packets_of(container, stream):
        sound = sound and not packet.is_corrupt
        key, stamp, discarded = packet.is_keyframe, packet.pts, packet.is_discard
        fresh = headers.read(packet, key=key)
        if discarded:  # before the beginning that an edit list sets: decoded, never shown
            hidden += 1
            continue
        stamps.append(stamp)
        if fresh and stamp is not None:
            keys.append(stamp)
        if len(stamps) > most:
            raise refusal(name, frames_words(most, stream.frames))
    known = sorted(stamp for stamp in stamps if stamp is not None)
    exact = len(set(known)) == len(stamps)
    keys = sorted(keys) if headers.sound else []
    return PacketList(len(stamps), tuple(known) if exact else (), tuple(keys), sound, hidden, headers.continuous)


class _Headers:
    """Read the headers of H.264 and HEVC packets, one after the other.

    sound: decoding begins at a picture that needs no other, and no parameter is changed where nobody begins.
    """

    def __init__(self, stream: Any) -> None:
        codec = stream.codec_context
        self.form = nal_format(codec.name, bytes(codec.extradata or b""))
        self.sound, self.begun = True, False
        self.continuous = self.form is not None and self.form.number_bits > 0
        self.number = 0  # of the last picture that others may need

    def read(self, packet: Any, *, key: bool) -> bool:
        """Return whether decoding may begin at the packet."""
        if self.form is None:
            return key
        units = self.form.units_of(bytes(packet))
        fresh = units is not None and units.fresh and key
        self.sound = self.sound and units is not None and (fresh or (self.begun and not units.sets))
        self.begun = True
        if units is None or (self.form.number_bits and units.number is None):
            self.continuous = False
        elif self.continuous and units.number is not None:
            ahead = 0 if units.fresh else (units.number - self.number) % (1 << self.form.number_bits)
            self.continuous = self.sound and ahead <= 1
            self.number = self.number if units.unreferenced else units.number
        return fresh


def packets_of(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the stream's non-empty packets, up to the end or the first unreadable one."""
    # An error in the container ends it: what came before can be judged, and the count says that the rest is missing.
    with contextlib.suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            if packet.size:  # to a decoder an empty packet means the end of everything
                yield packet


def decoded(container: Any, stream: Any, lost: list[int]) -> Iterator[Any]:
    """Yield the stream's intact frames in order; `lost` gets an entry per damaged one."""
    return decode(packets_of(container, stream), stream, lost)


def decode(packets: Iterator[Any], stream: Any, lost: list[int]) -> Iterator[Any]:
    """Yield the intact frames of `packets` in order; `lost` gets an entry per damaged one."""
    codec = stream.codec_context
    for count, packet in enumerate(itertools.chain(packets, (None,))):  # None: give out the rest
        try:
            frames = [] if packet is not None and packet.is_corrupt else codec.decode(packet)
        except av.error.FFmpegError:
            frames = []
            lost.append(count)
        else:
            lost.extend([count] * (packet is not None and packet.is_corrupt))
        for frame in frames:
            if frame.is_corrupt:  # patched up by the decoder from other frames: not the image that was recorded
                lost.append(count)
            else:
                yield frame

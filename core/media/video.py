"""Count and read a video's frames as a stream through PyAV."""

from __future__ import annotations

import bisect
import contextlib
import io
import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..sandbox.file_numbers import FileNumber
from ..types import Array, InputError, Media, limits
from .container_layout import file_layout
from .decoder_threads import decoder_threads
from .frame_choice import evenly_spaced
from .frame_pixels import to_rgb
from .nal_units import nal_format
from .quiet_av import av, silence_log
from .ready_frames import MAX_BYTES, FrameTaker, MetFrames, ReadyFrames
from .sniff import DEMUXERS, clean, refusal, strip_words
from .stream_facts import StreamFacts, stream_facts
from .video_budget import check_judged, check_whole, frames_words
from .video_packets import PacketList, decode, decoded, list_packets, packets_of

_TIDY = ("mov", "matroska")  # demuxers with exact time stamps and an index of key frames
# Codings with one frame in each packet (VP8 hides frames), whose key frames begin afresh.
_REGULAR = ("h264", "hevc", "vp9", "libdav1d", "av1", "mjpeg", "prores")
# Of these, several threads report all damage; dav1d's do not.
_THREADED = ("h264", "hevc", "vp9", "mjpeg", "prores")
_LEAD_IN = 4  # frames that coders put before the first one shown; and what rounding may announce too many
_CHECKED_PIXELS = 2_000_000_000  # a video up to this is decoded once to be counted: some five seconds
_FAR = 500  # frames between which a seek costs less than passing over their packets
_THREADED_PIXELS = 9_000_000  # each thread holds frames of its own; above this there is memory for one
# What a version of PyAV that does not fit raises, on sound files too: no file is called damaged for it.
_OF_THE_LIBRARY = (AttributeError, ImportError, NameError, NotImplementedError, TypeError)


@dataclass(frozen=True, slots=True)
class _Index:
    """Hold the frames that can be decoded.

    stamps: their time stamps (empty: frames are counted off); keys: where to start reading (empty: at the beginning).
    lost: number of damaged frames; size: (width, height) as shown. continuous: what no other frame needs may be left
    out.
    """

    frames: int
    stamps: tuple[int, ...]
    keys: tuple[int, ...]
    lost: int
    size: tuple[int, int]
    continuous: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Clip:
    """Decode a video's frames for each reading, but for those that lie ready."""

    source: Path | FileNumber | bytes = field(repr=False)
    name: str
    demuxer: str
    index: _Index | None = None
    ready: ReadyFrames = field(default_factory=ReadyFrames, repr=False)

    @contextlib.contextmanager
    def opened(self, *, strict: bool = False) -> Iterator[tuple[Any, Any]]:
        """Open the container and its video stream; every failure becomes an InputError.

        `strict`: with several threads, and the first damage is an error. With damaged streams the result of several
        may depend on their timing: those are read again by one.
        """
        silence_log()
        try:
            with (
                self.file() as file,
                # The demuxer is named, so that no playlist or script can be smuggled in as a video.
                av.open(
                    file, format=self.demuxer, metadata_errors="replace", options={"max_pixels": str(limits.MAX_PIXELS)}
                ) as container,
            ):
                stream = _video_stream(container, self.name)
                codec = stream.codec_context
                small = codec.width * codec.height <= _THREADED_PIXELS
                several = strict and small and codec.name in _THREADED
                codec.thread_count = decoder_threads() if several else 1
                codec.thread_type = "FRAME"
                codec.options = {"max_pixels": str(limits.MAX_PIXELS)} | ({"err_detect": "explode"} if strict else {})
                yield container, stream
        except av.error.MemoryError as error:  # damage can make it ask for any amount
            raise refusal(self.name, "needs more memory to be decoded than it may take, or is damaged") from error
        except av.error.FFmpegError as error:  # first: some of these are an OSError as well
            raise refusal(self.name, "is damaged and cannot be decoded as a video") from error
        except (InputError, MemoryError, *_OF_THE_LIBRARY):
            raise
        except OSError as error:
            raise refusal(self.name, f"cannot be read ({clean(error.strerror)})") from error
        except Exception as error:  # the boundary to FFmpeg, which is fed untrusted files
            raise refusal(self.name, "is damaged and cannot be decoded as a video") from error

    def file(self) -> IO[bytes]:
        """Open the file's bytes for reading."""
        try:
            return io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")
        except OSError as error:
            raise refusal(self.name, f"cannot be read ({clean(error.strerror)})") from error

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (index, frame) for those `indices` that can be decoded, ascending.

        Frames are (H, W, 3) uint8 RGB; one pass, no further than the last of them.
        """
        assert self.index is not None
        wanted = sorted({index for index in indices if 0 <= index < self.index.frames})
        with self.file():  # as long as it is there
            yield from self.ready.read(wanted, self._decode)

    def _decode(self, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        assert self.index is not None
        done = 0
        if self.index.keys:
            for pair in self._read_needed(wanted):
                done += 1
                yield pair
        if done == len(wanted):
            return
        starts: list[int | None] = [None]
        place = bisect.bisect_right(self.index.keys, self.index.stamps[wanted[done]]) if self.index.keys else 0
        if place > 1:  # the first key frame is the beginning anyway
            starts.insert(0, self.index.keys[place - 1])
        for start in starts:
            for pair in self._read_from(start, wanted[done:]):
                done += 1
                yield pair
            if done == len(wanted):
                return

    def _read_needed(self, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        """Yield the `wanted` frames; decode only what they need.

        Stops early at the first damage, or where anything else comes than what was counted: the caller then reads
        plainly.
        """
        assert self.index is not None
        due = {self.index.stamps[index]: index for index in wanted}
        left = iter(wanted)
        lost: list[int] = []
        with self.opened(strict=True) as (container, stream):
            for frame in decode(self._needed(container, stream, list(due)), stream, lost):
                if lost:
                    return
                if frame.pts in due:
                    if due[frame.pts] != next(left, None):
                        return
                    yield due[frame.pts], to_rgb(frame)

    def _needed(self, container: Any, stream: Any, wanted: list[int]) -> Iterator[Any]:
        """Yield the packets that the frames at the ascending time stamps `wanted` need."""
        assert self.index is not None
        stamps, keys = self.index.stamps, self.index.keys
        codec = stream.codec_context
        form = nal_format(codec.name, bytes(codec.extradata or b"")) if self.index.continuous else None
        packets = packets_of(container, stream)
        # Decoders learn from the first packet which encoder's faults to make up for (old x264, Xvid).
        if (first := next(packets, None)) is None:
            return
        begin, here = first.pts, 0
        yield first
        for place, group in itertools.groupby(wanted, lambda stamp: bisect.bisect_right(keys, stamp)):
            left = {*group} - {begin}
            key = keys[place - 1] if place else begin
            started = key == begin
            if not started and bisect.bisect(stamps, key) - here > _FAR:
                container.seek(key, stream=stream)
                packets = packets_of(container, stream)
            while left and (packet := next(packets, None)) is not None:
                started = started or packet.pts == key
                if packet.pts in left and started:
                    left.remove(packet.pts)
                elif not started or (form and (units := form.units_of(bytes(packet))) and units.unreferenced):
                    continue
                yield packet
            here = bisect.bisect(stamps, key)

    def _read_from(self, start: int | None, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        """Yield the `wanted` frames from the key frame at time stamp `start` on.

        `start` None: from the beginning. Stops early when what follows `start` differs from what was counted: the
        caller then starts at the beginning.
        """
        assert self.index is not None
        places = {stamp: place for place, stamp in enumerate(self.index.stamps)}
        lost: list[int] = []
        due = 0
        with self.opened() as (container, stream):
            if start is not None:
                # Decoders learn from the first packet which encoder's faults to make up for (old x264, Xvid); without
                # it they decode later key frames wrongly.
                next(decoded(container, stream, lost), None)
                container.seek(start, stream=stream)
            for count, frame in enumerate(decoded(container, stream, lost)):
                place = places.get(frame.pts, -1) if places else count
                if start is not None and (lost or place > wanted[due]):
                    return
                while due < len(wanted) and wanted[due] < place:
                    due += 1
                if due < len(wanted) and wanted[due] == place:
                    yield place, to_rgb(frame)
                    due += 1
                if due == len(wanted):
                    return


def open_video(
    source: Path | FileNumber | bytes,
    *,
    id: str,
    name: str,
    container: str,
    ahead: int = 0,
    taker: FrameTaker | None = None,
) -> Media:
    """Open a video as a Media.

    Args:
        source: its path, bytes or open file.
        id: SHA-256 of its bytes.
        name: to show.
        container: a key of `DEMUXERS`.
        ahead: frames, evenly spaced, that are kept for their first reading.
        taker: is handed these frames, which are not kept then.

    Raises:
        InputError: it cannot be decoded, has no video stream, or exceeds a limit.
    """
    met = MetFrames(taker)
    opening = opened_video(source, id=id, name=name, container=container, ahead=ahead, kept=taker is None)
    while True:
        try:
            index, frame = next(opening)
        except StopIteration as end:
            media, good = end.value
            return replace(media, source=replace(media.source, ready=met.ready(good=good)))
        met.add(index, frame)


def opened_video(
    source: Path | FileNumber | bytes, *, id: str, name: str, container: str, ahead: int, kept: bool
) -> Generator[tuple[int, Array], None, tuple[Media, bool]]:
    """Yield frames that are met while a video is opened.

    They are (index, (H, W, 3) uint8). Returns the video, and whether these frames are good.

    Args:
        source: its path, bytes or open file.
        id: SHA-256 of its bytes.
        name: to show.
        container: a key of `DEMUXERS`.
        ahead: frames to yield, evenly spaced; none where the file may be damaged.
        kept: whether they are kept together: none is yielded then where they are too large.

    Raises:
        InputError: it cannot be decoded, has no video stream, or exceeds a limit.
    """
    clip = _Clip(source, name, DEMUXERS[container])
    with clip.file() as file:
        total, indexed, whole = file_layout(file, container)
    if not indexed:
        raise refusal(name, f"is cut off: the index (moov) of this {container} video is missing or incomplete")
    packets = _list_packets(clip)
    index, facts = yield from _scan(clip, packets, total, whole=whole, ahead=ahead, kept=kept)
    metadata = {"container": container, "codec": facts.codec, "frame rate": f"{facts.fps:.6g}"}
    if facts.seconds > 0:
        metadata["duration"] = f"{facts.seconds:.2f} s"
    if facts.seconds > 0 and whole:
        metadata["bit rate"] = f"{total * 8 / 1000 / facts.seconds:.0f} kbit/s"
    media = Media(
        id=id,
        name=name,
        kind="video",
        size=index.size,
        frames=index.frames,
        fps=facts.fps,
        source=replace(clip, index=index),
        metadata={**metadata, **facts.tags},
        notes=_notes(index, facts.announced, packets.hidden, whole=whole),
    )
    return media, bool(index.keys)


def _notes(index: _Index, announced: int, hidden: int, *, whole: bool) -> tuple[str, ...]:
    notes = []
    if not whole:
        share = f"{index.frames} of {announced}" if announced > index.frames else f"only its first {index.frames}"
        notes.append(f"the file is cut off: {share} frames could be read")
    if index.lost and (whole or index.lost > 1):  # at the cut itself one frame is lost anyway
        notes.append(
            f"{index.lost} frames are damaged and left out, {index.frames} could be read; "
            "the frames that follow a damaged one may look smeared"
        )
    if whole and hidden > _LEAD_IN:
        notes.append(f"{hidden} further frames are not judged: the file says that players do not show them")
    elif whole and _differ(announced, index.frames + index.lost):
        notes.append(f"frames announced by the file: {announced}, frames that could be read: {index.frames}")
    return tuple(notes)


def _differ(announced: int, came: int) -> bool:
    """Return whether the numbers of frames differ by more than rounding."""
    return announced - came > max(_LEAD_IN, came // 10) or 0 < 2 * announced < came


def _video_stream(container: Any, name: str) -> Any:
    covers = av.stream.Disposition.attached_pic  # the cover of a music file is no video
    streams = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not streams:
        raise refusal(name, "has no video stream, only sound or other data")
    codec = streams[0].codec_context
    if codec is None:
        raise refusal(name, "holds a video in a coding that cannot be decoded here")
    if max(codec.width, codec.height) > limits.MAX_FRAME_SIDE or codec.width * codec.height > limits.MAX_PIXELS:
        came = f"has frames of {codec.width} x {codec.height} pixels"
        raise refusal(name, f"{came}, and videos of up to {limits.MAX_FRAME_SIDE} pixels a side are allowed")
    if strip := strip_words(codec.width, codec.height):
        raise refusal(name, f"has frames of {strip}")
    return streams[0]


def _list_packets(clip: _Clip) -> PacketList:
    with clip.opened() as (container, stream):
        return list_packets(container, stream, clip.name, limits.MAX_FRAMES)


def _scan(
    clip: _Clip, packets: PacketList, length: int, *, whole: bool, ahead: int, kept: bool
) -> Generator[tuple[int, Array], None, tuple[_Index, StreamFacts]]:
    """Count the frames by decoding them; trust a long intact video's index."""
    sound = whole and packets.sound
    with clip.opened() as (_, stream):
        codec = stream.codec_context
        tidy = sound and clip.demuxer in _TIDY and codec.name in _REGULAR and bool(packets.stamps)
        pixels = packets.count * codec.width * codec.height
        trusted = packets if tidy and pixels > _CHECKED_PIXELS else None
        if not trusted:
            check_whole(clip.name, codec, packets.count + packets.hidden, length)
        wanted = evenly_spaced(packets.count, ahead)
        if trusted or (kept and 3 * len(wanted) * codec.width * codec.height > MAX_BYTES):
            wanted = ()
    lost = [0]
    if tidy:
        due = {packets.stamps[index]: index for index in wanted} if packets.keys else {}
        stamps, lost, size, facts = yield from _count(clip, trusted, strict=True, due=due)
    if lost:
        stamps, lost, size, facts = yield from _count(clip, trusted, strict=False, due={})
    if not stamps:
        raise refusal(clip.name, "holds no frame that can be decoded: it is cut off or damaged")
    known = tuple(stamp for stamp in stamps if stamp is not None)
    ordered = len(known) == len(stamps) and all(one < two for one, two in itertools.pairwise(known))
    exact = ordered and tidy and not lost and known == packets.stamps
    index = _Index(
        len(stamps), known if ordered else (), packets.keys if exact else (), len(lost), size, packets.continuous
    )
    if trusted:
        check_judged(clip.name, size, index.stamps, index.keys, packets.hidden, length)
    return index, facts


def _count(
    clip: _Clip, trusted: PacketList | None, *, strict: bool, due: Mapping[int, int]
) -> Generator[tuple[int, Array], None, tuple[list[int | None], list[int], tuple[int, int], StreamFacts]]:
    """Return time stamps, damaged frames, size and facts; yield the frames `due`.

    Where the packets are `trusted`, only the first frame is decoded.
    """
    stamps: list[int | None] = []
    lost: list[int] = []
    size = (0, 0)
    with clip.opened(strict=strict) as (container, stream):
        if strict and not due:  # damage is found before the loop filter, and nobody sees these frames
            stream.codec_context.options |= {"skip_loop_filter": "all"}
        for frame in decoded(container, stream, lost):
            if not stamps:
                size = to_rgb(frame).shape[1::-1]
            stamps.append(frame.pts)
            if not lost and frame.pts in due:
                yield due[frame.pts], to_rgb(frame)
            if trusted is not None:
                stamps = list(trusted.stamps)
                break
            if strict and lost:
                break
            if len(stamps) > limits.MAX_FRAMES:
                raise refusal(clip.name, frames_words(limits.MAX_FRAMES, stream.frames))
        facts = stream_facts(container, stream, len(stamps))
    return stamps, lost, size, facts

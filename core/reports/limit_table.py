"""List what one file may be and cost, from the constants that bound it."""

from __future__ import annotations

from ..media import limits, readers
from ..recognition import network_limits, onnx_recogniser
from ..storage import checkpoint_limits, checkpoint_reader


def limit_rows() -> list[tuple[str, str]]:
    """Return what is bounded, and by how much, in the README's words."""
    media, weights = readers, checkpoint_reader
    unpacked = f"{checkpoint_limits.FREE_BYTES / 1e6:.0f} MB + {checkpoint_limits.MAX_RATIO} times its file unpacked"
    tensors = f"{checkpoint_limits.MAX_TENSORS:,} tensors of at most {checkpoint_limits.MAX_DIMENSIONS} dimensions"
    return [
        ("a file", f"{limits.LIMIT_BYTES >> 20} MiB"),
        (
            "an image or a frame",
            f"{limits.LIMIT_PIXELS:,} pixels, a WebP {limits.LIMIT_WEBP:,}; a video's frame {limits.LIMIT_SIDE:,} "
            "pixels a side",
        ),
        ("the sides", f"the longer at most {limits.LIMIT_RATIO} times the shorter"),
        (
            "a video",
            _video_words(),
        ),
        ("a JPEG", f"{limits.LIMIT_SCANS} scans"),
        (
            "a session",
            f"{limits.SESSION_UPLOADS >> 20} MiB of uploads that wait to be opened (the oldest go, and the page names "
            f"them; each is let go once it is opened), {limits.SESSION_FILES >> 30} GiB of attacked "
            f"files; as much, and {limits.SESSION_COUNT:,} files, on each queue and of a gallery's photos",
        ),
        (
            "a parser of media",
            f"{media.MEMORY / 2**30:.1f} GiB of memory over its start (an image of the most pixels with transparency "
            f"takes more than 1), {media.PROCESSOR_S} s of processor time to open a file and "
            f"{media.PROCESSOR_S_A_FRAME} s more a frame, {media.ANSWER_S:.0f} s for one answer",
        ),
        (
            "a checkpoint",
            f"{checkpoint_limits.MAX_BYTES / 1e9:.0f} GB, and {unpacked}; {tensors}; "
            f"{checkpoint_limits.MAX_HEADER / 1e6:.0f} MB of their list, {checkpoint_limits.MAX_KEY:,} letters a name, "
            f"{checkpoint_limits.MAX_CHUNKS:,} pieces, {checkpoint_limits.MAX_STEPS:,} steps",
        ),
        (
            "a parser of checkpoints",
            f"{weights.FREE_MEMORY >> 20} MiB of memory + {weights.MEMORY_RATIO} times the file, "
            f"{weights.PROCESSOR_S} s of processor time, {weights.ANSWER_S:.0f} s for one answer",
        ),
        *_network_rows(),
    ]


def _network_rows() -> list[tuple[str, str]]:
    return [
        (
            "a recogniser's ONNX network",
            f"{network_limits.LIMIT_BYTES >> 20} MiB; {network_limits.MAX_STEPS:,} operators, none of which gets its "
            "size from what a face shows",
        ),
        (
            "a parser of such networks",
            f"{onnx_recogniser.FREE_MEMORY >> 20} MiB of memory + {onnx_recogniser.MEMORY_RATIO} times the file, "
            f"{onnx_recogniser.PROCESSOR_S} s of processor time to parse it and to run it on {network_limits.PROBES} "
            f"faces, {onnx_recogniser.ANSWER_S:.0f} s for one answer",
        ),
    ]


def _video_words() -> str:
    judged = (
        f"{limits.LIMIT_JUDGED / 1e9:.0f} thousand million pixels + {limits.DECODED_A_BYTE} a byte of the file in the "
        "frames that have to be decoded to judge it"
    )
    whole = f"{limits.LIMIT_DECODED / 1e9:.0f} thousand million in all frames"
    free = f"{limits.FREE_DECODED / 1e9:.0f} thousand million + {limits.DECODED_A_BYTE} a byte of the file"
    dense = f"{limits.DENSE_DECODED_A_BYTE:,} in H.264, HEVC, VP8, VP9 and AV1"
    return (
        f"{limits.LIMIT_FRAMES:,} frames; {judged}; {whole}, and no more than {free} ({dense}), where its list of "
        "frames cannot be trusted (AVI, damage)"
    )

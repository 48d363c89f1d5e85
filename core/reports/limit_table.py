"""List what one file may be and cost, in words."""

from __future__ import annotations

from ..types import limits


def limit_rows() -> list[tuple[str, str]]:
    """Return what is bounded, and by how much, in the README's words."""
    return [
        ("a file", f"{limits.MAX_FILE_BYTES >> 20} MiB"),
        (
            "an image or a frame",
            f"{limits.MAX_PIXELS:,} pixels, a WebP {limits.MAX_WEBP_PIXELS:,}; a video's frame "
            f"{limits.MAX_FRAME_SIDE:,} pixels a side",
        ),
        ("the sides", f"the longer at most {limits.MAX_SIDE_RATIO} times the shorter"),
        ("a video", _video_words()),
        ("a JPEG", f"{limits.MAX_SCANS} scans"),
        (
            "a session",
            f"{limits.SESSION_UPLOAD_BYTES >> 20} MiB of uploads that wait to be opened (the oldest go, and the page "
            f"names them; each is let go once it is opened), {limits.SESSION_KEPT_BYTES >> 30} GiB of attacked "
            f"files; as much, and {limits.SESSION_KEPT_FILES:,} files, on each queue and of a gallery's photos",
        ),
        (
            "a parser of media",
            f"{limits.PICTURE_MEMORY / 2**30:g} GiB of memory over its start for a picture or metadata, "
            f"{limits.VIDEO_MEMORY / 2**30:g} for a video (8K in 10 bits takes more than 1), "
            f"{limits.MEDIA_PROCESSOR_S} s of processor time to open a file and "
            f"{limits.FRAME_PROCESSOR_S} s more a frame, {limits.MEDIA_ANSWER_S:.0f} s for one answer",
        ),
        *_weights_rows(),
        ("an evidence bundle", _unpacked_words()),
        (
            "a file on a queue",
            f"{limits.QUEUE_FILE_S:.0f} s of processor time, {limits.QUEUE_EXPLAINED_FILE_S:.0f} s where it is "
            f"attacked, explained or placed too; {limits.QUEUE_FILE_MEMORY} MiB of memory over the model",
        ),
    ]


def _weights_rows() -> list[tuple[str, str]]:
    tensors = f"{limits.MAX_TENSORS:,} tensors of at most {limits.MAX_DIMENSIONS} dimensions"
    return [
        (
            "a checkpoint",
            f"{limits.CHECKPOINT_BYTES / 1e9:.0f} GB, and {_unpacked_words()}; {tensors}; "
            f"{limits.MAX_HEADER_BYTES / 1e6:.0f} MB of their list, {limits.MAX_KEY_LETTERS:,} letters a name, "
            f"{limits.MAX_CHUNKS:,} pieces, {limits.MAX_OPCODES:,} steps, "
            f"{limits.MAX_TUPLE_OPCODES:,} of a tuple",
        ),
        (
            "a parser of checkpoints",
            f"{limits.CHECKPOINT_MEMORY >> 20} MiB of memory + {limits.CHECKPOINT_MEMORY_A_BYTE} times the file, "
            f"{limits.CHECKPOINT_PROCESSOR_S} s of processor time, {limits.CHECKPOINT_ANSWER_S:.0f} s for one answer",
        ),
        (
            "a recogniser's ONNX network",
            f"{limits.NETWORK_BYTES >> 20} MiB; {limits.MAX_OPERATORS:,} operators, none of which gets its "
            "size from what a face shows",
        ),
        (
            "a parser of such networks",
            f"{limits.NETWORK_MEMORY >> 20} MiB of memory + {limits.NETWORK_MEMORY_A_BYTE} times the file, "
            f"{limits.NETWORK_PROCESSOR_S} s of processor time to parse it and to run it on {limits.PROBE_FACES} "
            f"faces, {limits.NETWORK_ANSWER_S:.0f} s for one answer",
        ),
    ]


def _unpacked_words() -> str:
    return f"{limits.FREE_UNPACKED_BYTES / 1e6:.0f} MB + {limits.UNPACKED_RATIO} times its file unpacked"


def _video_words() -> str:
    judged = (
        f"{limits.MAX_JUDGED_PIXELS / 1e9:.0f} thousand million pixels + {limits.DECODED_PIXELS_A_BYTE} a byte of the "
        "file in the frames that have to be decoded to judge it"
    )
    whole = f"{limits.MAX_DECODED_PIXELS / 1e9:.0f} thousand million in all frames"
    free = (
        f"{limits.FREE_DECODED_PIXELS / 1e9:.0f} thousand million + {limits.DECODED_PIXELS_A_BYTE} a byte of the file"
    )
    dense = f"{limits.DENSE_PIXELS_A_BYTE:,} in H.264, HEVC, VP8, VP9 and AV1"
    return (
        f"{limits.MAX_FRAMES:,} frames; {judged}; {whole}, and no more than {free} ({dense}), where its list of "
        "frames cannot be trusted (AVI, damage)"
    )

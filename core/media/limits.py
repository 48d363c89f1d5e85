"""Bound what one file may cost before any work is done on it."""

from __future__ import annotations

LIMIT_BYTES = 200 * 2**20  # of a file
LIMIT_PIXELS = 50_000_000  # of an image or a frame
LIMIT_WEBP = 30_000_000  # pixels of a WebP, whose decoder holds a second copy with transparency
LIMIT_SIDE = 8192  # pixels, of a video's frame
LIMIT_FRAMES = 200_000  # of a video
LIMIT_JUDGED = 32_000_000_000  # frames x pixels of a video that have to be decoded to judge it: a minute or two
LIMIT_DECODED = 16_000_000_000  # the same of one that has to be decoded whole, to count its frames
FREE_DECODED = 2_000_000_000  # of them, however small the file is
DECODED_A_BYTE = 500  # over that, for each byte of a file that has to be decoded whole
DENSE_DECODED_A_BYTE = 5_000  # the same in a coding of `DENSE`, which reaches 2,300 where it is compressed hard
DENSE = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1")
LIMIT_RATIO = 100  # longer side over shorter: no face fits into such a strip
LIMIT_SCANS = 200  # of a progressive JPEG, each of which is decoded over all pixels
SESSION_UPLOADS = 2 * LIMIT_BYTES  # bytes that wait to be opened, of one session
SESSION_FILES = (
    4 * 2**30
)  # bytes on disk of what one session made; of what it dropped on a queue; of its gallery's photos
SESSION_COUNT = 20_000  # of files dropped on a queue; of a gallery's photos


def frames_words(most: int, claimed: int) -> str:
    """Say that a video has too many frames. `claimed`: by its header, 0 where that says nothing."""
    came = f"has more than {most:,} frames" + (f", {claimed:,} by its header" if claimed > most else "")
    return f"{came}, and no more than {most:,} are allowed"


def strip_words(width: int, height: int) -> str | None:
    """Say what is wrong with a strip, and what is allowed; None for other sizes."""
    longer, shorter = max(width, height), max(1, min(width, height))
    if longer <= LIMIT_RATIO * shorter:
        return None
    times = f"{longer / shorter:,.0f}"
    return f"{width} x {height} pixels, one side {times} times the other, and at most {LIMIT_RATIO} times are allowed"

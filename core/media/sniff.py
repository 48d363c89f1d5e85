"""Recognise a file by its first bytes, and refuse what is not accepted."""

from __future__ import annotations

from ..types import InputError, limits

# What a file begins with; "RIFF", "ftyp" and Matroska files need a second look.
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\x01\0", "icon"),
    (b"FLV", "Flash video"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"fLaC", "FLAC"),
    (b"\0\0\x01\xba", "MPEG"),
    (b"\x30\x26\xb2\x75", "Windows Media"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
)
_RIFF = {b"WEBP": "WEBP", b"AVI ": "AVI", b"WAVE": "WAV"}
_BRANDS = {b"qt  ": "MOV", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "Canon raw"}
_BRANDS |= dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC")
_OLD_MOV = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
HEAD = 4096  # bytes that are looked at to recognise a file


def recognise(head: bytes) -> str:
    """Return the format that a file's first bytes indicate, "" if unknown.

    One of `IMAGES` or `DEMUXERS`, or the name of a format that is refused.
    """
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = b"avif" if head[8:12] == b"mif1" and b"avif" in head[16:40] else head[8:12]
        return _BRANDS.get(brand, "MP4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "WebM" if b"webm" in head[:64] else "MKV"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] in _OLD_MOV:
        return "MOV"
    return _recognise_text(head)


def _recognise_text(head: bytes) -> str:
    text = head.decode("utf-8", errors="replace")
    if "\0" in text or text[:-3].count("\ufffd") > 0:  # the last letter may be cut
        return ""
    return "SVG" if "<svg" in text else "text"


IMAGES = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
DEMUXERS = {"MP4": "mov", "MOV": "mov", "AVI": "avi", "MKV": "matroska", "WebM": "matroska"}
_ACCEPTED = (
    "JPEG, PNG, WebP, BMP and TIFF images and MP4, MOV, AVI, MKV and WebM videos "
    f"of up to {limits.MAX_FILE_BYTES >> 20} MiB are accepted"
)


def refusal(name: str, what: str) -> InputError:
    """Make the error that a person reads when a file is refused.

    It says what came and what is accepted.
    """
    return InputError(f'"{name}" {what}; {_ACCEPTED}')


def strip_words(width: int, height: int) -> str | None:
    """Say what is wrong with a strip and what is allowed; None else."""
    longer, shorter, most = max(width, height), max(1, min(width, height)), limits.MAX_SIDE_RATIO
    if longer <= most * shorter:
        return None
    times = f"{longer / shorter:,.0f}"
    return f"{width} x {height} pixels, one side {times} times the other, and at most {most} times are allowed"


def clean(text: object, limit: int = 200) -> str:
    """Return `text` on one line, printable, of at most `limit` characters."""
    kept = "".join(letter if letter.isprintable() else " " for letter in str(text)[: 4 * limit])
    return " ".join(kept.split())[:limit]

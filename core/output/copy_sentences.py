"""Say how two copies of a file differ in one sentence."""

from __future__ import annotations

from ..media.copy_comparison import CopyComparison
from .text import percent


def copy_sentence(found: CopyComparison) -> str:
    """Say what a comparison found, and what may have made the difference."""
    over = f" over {found.frames} frames" if found.frames > 1 else ""
    changed = percent(found.changed) if found.changed is not None else ""
    match found.kind:
        case "identical":
            return "The very same file."
        case "same pixels":
            return f"Another file, and the very same pixels{over}."
        case "bounded":
            return (
                f"The same picture, and no pixel differs by more than {found.largest}/255{over}, {changed} of them "
                "differ: possibly an attacked copy, or an honest one that was coded well."
            )
        case "similar" if found.largest is None:
            return "The same picture in another size or length: it was resized, cut or coded again."
        case "similar":
            return (
                f"The same picture, coded again or edited: pixels differ by up to {found.largest}/255{over}, which is "
                "more than an attack that nobody sees."
            )
        case "mirrored" if found.largest == 0:
            return f"The same picture, mirrored, and the very same pixels{over}."
        case "mirrored" if found.changed_within_bound:
            return (
                "The same picture, mirrored, and no pixel differs from the mirror image by more than "
                f"{found.largest}/255{over}, {changed} of them differ: possibly an attacked copy, or an honest one "
                "that was coded well."
            )
        case "mirrored":
            return "The same picture, mirrored, and resized, cut, coded again or edited."
    return f"Another picture: their hashes differ in {found.bits} of 256 bits."

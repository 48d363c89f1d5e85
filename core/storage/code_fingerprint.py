"""Tell which code results were made with, and of which release."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

CORE = Path(__file__).resolve().parents[1]
CHANGES = CORE.parent / "CHANGELOG.md"  # the newest release first, above it what came since


@functools.cache
def code_fingerprint() -> str:
    """Compute the SHA-256 of every source file of `core`, by name and content."""
    found = hashlib.sha256()
    for path in sorted(CORE.rglob("*.py")):
        found.update(f"{path.relative_to(CORE).as_posix()}\n".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def release() -> str:
    """Return the newest release of the changelog, and whether changes came since."""
    try:
        headings = re.findall(r"^## (.+)$", CHANGES.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        headings = []
    number = next((one for one in headings if one[0].isdigit()), None)
    if number is None:
        return "not stated"
    return number if headings[0] == number else f"{number} with later changes"

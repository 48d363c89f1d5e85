"""Note unexpected errors in a local file that only this machine sees."""

from __future__ import annotations

import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

MAX_BYTES = 1_000_000  # the file begins anew beyond; the one before is kept


def error_log() -> Path:
    """Return the file that errors are noted in."""
    return Path(platformdirs.user_log_dir("prosopon", appauthor=False)) / "errors.log"


def note_error(error: BaseException) -> str:
    """Write an error with its traceback; return the reference it stands under.

    A log that cannot be written is no reason to fail: the reference is then all there is.
    """
    reference = secrets.token_hex(4)
    said = "".join(traceback.format_exception(error))
    path = error_log()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reference}\n{said}\n")
    except OSError:
        pass
    return reference

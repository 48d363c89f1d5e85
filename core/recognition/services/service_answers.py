"""Hold what a service answers, and keep answers so that none is paid twice."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...storage.files import atomic_write
from ...storage.paths import cache_root
from ...types import InputError, content_id
from ...types.foreign_json import parse_json
from ...types.recogniser_results import ServiceAnswer
from .consent import ServicePicture

FORM = 1  # of the files below; another form is another answer


def answer_path(service: str, endpoint: str, pictures: tuple[ServicePicture, ...]) -> Path:
    """Return where a service's answer to these pictures is kept. Their order counts."""
    root = cache_root()
    asked = content_id(str(FORM), service, endpoint, *(picture.sha256 for picture in pictures))
    return root / "services" / f"{asked}.json"


def kept_answer(path: Path) -> ServiceAnswer | None:
    """Read a kept answer. None where there is none, or a damaged one."""
    try:
        values: dict[str, Any] = parse_json(path.read_text("utf-8"))
        return ServiceAnswer(**{**values, "kept": True})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return None  # `InputError` is a ValueError; the call is asked for, and paid, anew


def keep_answer(path: Path, answer: ServiceAnswer) -> None:
    """Keep an answer where only this user reads it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic_write(path, json.dumps(asdict(answer)))
    except OSError as error:
        raise InputError(
            f"the answer came, but cannot be kept ({error.strerror or error}): asking again would be paid again"
        ) from error

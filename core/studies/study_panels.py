"""Keep the pictures of a figure beside its table."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from ..storage.files import atomic_write
from ..types import InputError
from ..types.study_tables import StudyPanel


def keep_panels(path: Path, panels: tuple[StudyPanel, ...]) -> None:
    """Write panels of one size as a file of arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        names=np.array([one.name for one in panels]),
        lines=np.array(["\n".join(one.lines) for one in panels]),
        images=np.stack([one.image for one in panels]),
        maps=np.stack([one.map for one in panels]),
        methods=np.array([one.method for one in panels]),
        signed=np.array([one.signed for one in panels]),
    )
    atomic_write(path, buffer.getvalue())


def kept_panels(path: Path) -> tuple[StudyPanel, ...] | None:
    """Read panels; None where there are none, or no whole ones."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            count = len(arrays["names"])
            methods = arrays["methods"] if "methods" in arrays else ["LRP"] * count  # of files from before both
            signs = arrays["signed"] if "signed" in arrays else [True] * count
            keys = ("names", "lines", "images", "maps")
            parts = zip(*(arrays[key] for key in keys), methods, signs, strict=True)
            return tuple(
                StudyPanel(str(name), tuple(str(said).split("\n")), image, values, str(method), bool(signed))
                for name, said, image, values, method, signed in parts
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, InputError):
        return None

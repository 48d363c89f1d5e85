"""The file and the desk of the tests of replayed pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.types import Array
    from pages.parts.session.session import Session


@pytest.fixture(scope="module")
def file(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forged portrait on disk."""
    from PIL import Image

    path = tmp_path_factory.mktemp("replayed") / "forged.png"
    Image.fromarray(forged).save(path)
    return path


@pytest.fixture(scope="module")
def desk(file: Path) -> Session:
    """A desk with this file open, whose face was attacked."""
    from replayed_cases import attacked_desk

    return attacked_desk(file)

"""What the tests of the weights folder share: names of files, and the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from checkpoints import content
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import FORMATS
from core.detectors.checkpoints.status import card_of
from core.storage import paths
from core.storage.cards import write_card

MESO = FORMATS["meso4"]
NAME, FILE = "meso4-df", "Meso4_DF.h5"
MESONET = Path(__file__).resolve().parents[2] / "shared" / "data" / "mesonet"
ROW = {"name", "title", "where", "file", "sha256", "published", "licence", "layout", "url", "says"}


def change_card(name: str = NAME, **facts: Any) -> None:
    write_card(name, replace(card_of(name), **facts), paths.MODELS)


def put(folder: Path, seed: int = 0, name: str = FILE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(seed))
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["weights", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout

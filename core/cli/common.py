"""Share options and printing among the commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..types.device_choice import Device

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Data = Annotated[Path, typer.Option("--data", help="The folder of faces (with faces.jsonl) or of media.")]
Out = Annotated[Path, typer.Option("--out", help="Where weights and cards are written.")]
Minutes = Annotated[float, typer.Option("--minutes", help="Minutes of training, earlier runs counted in.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="The seed of every random choice.")]
Record = Annotated[
    str | None, typer.Option("--record", help="Write the metrics beside the model's card, under this label.")
]
Frames = Annotated[int, typer.Option("--frames", min=1, help="Frames of a video that are judged, evenly spread.")]

Detector = Annotated[str | None, typer.Option("--detector", help="A detector's name; the default one if not given.")]
AttackDetectorName = Annotated[
    str | None,
    typer.Option("--attack-detector", help="The attack detector to ask or to evade; the default one if not given."),
]
Eps = Annotated[
    float | None, typer.Option("--eps", help="The attack's budget, in 1/255 (0 to 64); its own if not given.")
]


def _choose(device: Device | None) -> Device | None:
    if device is not None:
        from ..detectors.device import set_device

        set_device(device)
    return device


OnDevice = Annotated[
    Device | None,
    typer.Option("--device", callback=_choose, help="Where networks compute; auto is a GPU if there is one."),
]

OnRecogniserDevice = Annotated[
    Device | None,
    typer.Option(
        "--device", callback=_choose, help="Where networks compute; auto is a GPU if there is one. ONNX: the CPU."
    ),
]


def group(help: str) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help)


def say(line: str) -> None:
    """Print a line about progress on standard error."""
    print(line, file=sys.stderr, flush=True)


def show(found: Any, *, as_json: bool, indent: int | None = None) -> None:
    """Print a result on standard output."""
    print(json.dumps(found, indent=indent, ensure_ascii=False, allow_nan=False) if as_json else found, flush=True)

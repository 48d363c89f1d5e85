"""Calibrate a detector on labelled media: python -m core calibrate NAME --data DIR."""

from __future__ import annotations

from typing import Annotated

import typer

from .common import Data, Frames, Json, OnDevice, show
from .line_progress import LineProgress


def calibrate(
    name: Annotated[str, typer.Argument(help="A detector: registered, or your own.")],
    data: Data,
    method: Annotated[str, typer.Option(help="temperature, platt or isotonic.")] = "temperature",
    risk: Annotated[float, typer.Option(help="Share of each class that may be called wrongly.")] = 0.1,
    frames: Frames = 8,
    ship: Annotated[bool, typer.Option("--ship", help="Write it beside the shipped card.")] = False,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Turn a detector's scores into probabilities, on a folder with real/ and fake/ (images or videos).

    Kept in the weights folder for these very weights; the dashboard and `analyse` use it from then on.
    """
    from ..detectors import load
    from ..detectors.calibration.store import save_calibration, shipped_calibration_path, user_calibration_path
    from ..evaluation.calibration_run import calibrate_on
    from ..output.records import calibration_run_record

    detector = load(name)
    record = calibrate_on(detector, data, method=method, risk=risk, frames=frames, progress=LineProgress())
    path = save_calibration(detector, record, shipped_calibration_path(name) if ship else user_calibration_path(name))
    show(calibration_run_record(name, path.name, record), as_json=True, indent=None if json_ else 2)

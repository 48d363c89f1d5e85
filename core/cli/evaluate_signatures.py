"""Measure kinds of signatures: python -m core evaluate signatures --data DIR."""

from __future__ import annotations

from typing import Annotated

import typer

from .common import Data, Detector, Json, OnDevice, Record, Seed
from .evaluate import Limit
from .given_settings import names_in
from .line_progress import LineProgress
from .recording import check_record, report


def evaluate_signatures(
    context: typer.Context,
    data: Data,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", help="Kinds of signatures, joined by commas; all if not given.")
    ] = None,
    detector: Detector = None,
    limit: Limit = None,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Measure how well signatures separate real, forged and attacked faces.

    On real/ beside folders of forgeries. Each signature is judged by those of other people only: by its 15 nearest,
    by a classifier (attacked or not), and whether it lies outside of the reference at 5 %, as noise, cartoons and
    crops of another rule should. Per kind of signature; --limit counts real faces, and as many forgeries.
    """
    from ..detectors import DEFAULT
    from ..evaluation.signature_evaluation import evaluate_signatures as measure
    from ..pipeline import load_detector
    from ..signatures import SIGNATURES
    from ..types import InputError
    from ..types.measured_results import MeasuredSignatures

    kinds = tuple(SIGNATURES) if kind is None else tuple(names_in(kind))
    if not kinds:
        raise InputError("there is no signature to measure: --kind is names joined by commas")
    for name in kinds:
        SIGNATURES[name]
    place = check_record(context, detector or DEFAULT, record, kind="signatures", data=data)
    judge, asked = load_detector(detector or DEFAULT), LineProgress()
    found = MeasuredSignatures(measure(judge, data, kinds=kinds, limit=limit, seed=seed, progress=asked))
    report(found, place, as_json=json_)

"""Measure kinds of signatures: python -m core evaluate signatures --data DIR."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..types import InputError
from .common import Detector, Json, OnDevice, Record, Seed
from .evaluate import Limit
from .given_settings import names_in
from .line_progress import LineProgress
from .recording import check_record, report


def evaluate_signatures(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option("--data", help="The folder of media: real/ and forgeries.")] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", help="Kinds of signatures, joined by commas; all if not given.")
    ] = None,
    detector: Detector = None,
    limit: Limit = None,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    references: Annotated[
        str | None,
        typer.Option("--references", metavar="NAME", help="The classifiers alone, on this reference set."),
    ] = None,
    json_: Json = False,
) -> None:
    """Measure how well signatures separate real, forged and attacked faces.

    On real/ beside folders of forgeries. Each signature is judged by those of other people only: by its 15 nearest,
    by classifiers (attacked or not, and which attack), and whether it lies outside of the reference at 5 %, as noise,
    cartoons and crops of another rule should. Per kind of signature; --limit counts real faces, and as many forgeries.
    """
    if references is not None:
        given = {"--data": data, "--kind": kind, "--detector": detector, "--limit": limit, "--record": record}
        return _measure_references(references, given, as_json=json_)
    if data is None:
        raise InputError("--data is the folder whose faces are measured; --references NAME measures a reference set")
    from ..detectors import DEFAULT
    from ..evaluation.signature_evaluation import evaluate_signatures as measure
    from ..pipeline import load_detector
    from ..signatures import SIGNATURES
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


def _measure_references(name: str, given: Mapping[str, object], *, as_json: bool) -> None:
    """Measure classifiers on a reference set's own signatures."""
    from ..signatures import load_reference_set
    from ..signatures.reference_classifier import evaluate_references

    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} has no meaning beside --references, whose set says what it is of")
    found = evaluate_references(load_reference_set(name))
    report({found.signature: found}, None, as_json=as_json)

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
        typer.Option(
            "--references", metavar="NAME", help="This reference set: its classifiers, or with --data its answers."
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Measure how well signatures separate real, forged and attacked faces.

    On real/ beside folders of forgeries. Each signature is judged by those of other people only: by its 15 nearest,
    by classifiers (attacked or not, and which attack), and whether it lies outside of the reference at 5 %, as noise,
    cartoons and crops of another rule should. Per kind of signature; --limit counts real faces, and as many forgeries.
    With --references the set's classifiers are measured on its own people in turn; with --data, too, the set answers
    on the folder's faces, as the pages ask it, and whose people should not be in it.
    """
    if references is not None:
        if data is None and limit is not None:
            raise InputError("--limit has no meaning beside --references without --data")
        given = {"--kind": kind, "--detector": detector, "--record": record}
        return _measure_references(references, given, data, limit=limit, seed=seed, as_json=json_)
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


def _measure_references(
    name: str, given: Mapping[str, object], data: Path | None, *, limit: int | None, seed: int, as_json: bool
) -> None:
    """Measure a reference set on its own signatures, or on a folder's faces."""
    from ..signatures import load_reference_set
    from ..types.classifier_metrics import ReferenceSetEvaluation
    from ..types.reference_set_metrics import ReferenceSetOnFaces

    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} has no meaning beside --references, whose set says what it is of")
    references = load_reference_set(name)
    found: ReferenceSetEvaluation | ReferenceSetOnFaces
    if data is None:
        from ..signatures.reference_classifier import evaluate_references

        found = evaluate_references(references)
    else:
        from ..evaluation.reference_set_evaluation import evaluate_set_on_faces
        from ..pipeline import load_detector

        judge, asked = load_detector(references.card.detector), LineProgress()
        found = evaluate_set_on_faces(references, judge, data, limit=limit, seed=seed, progress=asked)
    report({references.card.signature: found}, None, as_json=as_json)

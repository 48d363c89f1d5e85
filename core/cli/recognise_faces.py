"""Recognise faces, and measure recognisers: recognise, evaluate impersonation, evaluate recogniser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output.value_records import value_record
from ..types import InputError
from .common import Json, OnRecogniserDevice, Seed, say, show
from .line_progress import LineProgress

if TYPE_CHECKING:  # what is heavy is imported by the command that needs it
    from ..bench.recogniser_bench import RecogniserBench
    from ..evaluation.verification_pairs import VerificationResult
    from ..metrics.intervals import Interval

People = Annotated[Path, typer.Option("--gallery", help="A folder with a folder of photos for each person.")]
Recogniser = Annotated[
    str | None, typer.Option("--recogniser", help="A registered recogniser, or the path of an ONNX network.")
]
Fmr = Annotated[float, typer.Option("--fmr", help="False-match rate of the threshold: 0.01 or 0.001.")]
Tables = Annotated[Path | None, typer.Option("--csv", help="A folder for the tables 3 to 6, all rows and metrics.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep the gallery's embeddings.")]


def evaluate_impersonation(
    gallery: People,
    fakes: Annotated[
        str, typer.Option("--fakes", help="A folder with a folder of fakes for each person, a table (CSV), or made.")
    ],
    recogniser: Recogniser = None,
    detectors: Annotated[
        str, typer.Option("--detectors", help="Deepfake detectors in front, joined by commas; none for no defence.")
    ] = "efficientnet-lite0,resnet-blend",
    groups: Annotated[Path | None, typer.Option("--groups", help="A table (CSV) with person and group.")] = None,
    each: Annotated[int, typer.Option("--each", min=1, help="Of made fakes: swaps and blends for each person.")] = 4,
    fmr: Fmr = 1e-3,
    seed: Seed = 0,
    csv: Tables = None,
    no_cache: NoCache = False,
    device: OnRecogniserDevice = None,
    json_: Json = False,
) -> None:
    """Measure whether fakes are recognised as the people they show, and what detectors save.

    TA, NA, DHF, DHC, DHS and SIC of Tariq et al. 2022, with intervals by person, by kind of fake and after DD1 to DD3.
    """
    from ..evaluation import impersonation_fakes as sources
    from ..evaluation.impersonation_bench import evaluate_impersonation as measure
    from ..evaluation.impersonation_bias import read_groups
    from ..evaluation.impersonation_tables import write_tables
    from ..output.impersonation_record import impersonation_record
    from ..pipeline import load_detector
    from ..recognition.gallery_folder import make_gallery, refuse_faulty
    from ..recognition.load_recogniser import load_recogniser

    if csv is not None and not csv.is_dir():
        raise InputError(f"{csv} is not a folder; tables are written into a folder that is there")
    names = [] if detectors == "none" else [name.strip() for name in detectors.split(",") if name.strip()]
    asked, progress = _recogniser(recogniser, load_recogniser), LineProgress()
    judges = [load_detector(name) for name in dict.fromkeys(names)]
    people = make_gallery(gallery, asked, fmr=checked_fmr(fmr), cache=not no_cache, progress=progress)
    refuse_faulty(people, measured=True)
    for finding in people.findings:
        say(finding.sentence)
    grouped = read_groups(groups, people.people) if groups else None
    if fakes == sources.MADE:
        given = sources.make_fakes(people, each=each, seed=seed, progress=progress)
    else:
        given = sources.read_fakes(Path(fakes), people, progress=progress)
    found = measure(people, given, asked, detectors=judges, groups=grouped, progress=progress)
    if csv is not None:
        write_tables(found, csv)
    record = impersonation_record(found)
    show(record if json_ else summary(record), as_json=json_)


def evaluate_recogniser(
    gallery: People,
    recogniser: Recogniser = None,
    no_cache: NoCache = False,
    device: OnRecogniserDevice = None,
    json_: Json = False,
) -> None:
    """Measure whether pairs of photos are told apart: same person or not.

    AUC and the share of genuine pairs recognised at false-match rates of 1e-2 and 1e-3, with intervals by person;
    also without the photos that the gallery's checks doubt.
    """
    from ..evaluation.verification_pairs import measure_verification
    from ..recognition.gallery_folder import make_gallery
    from ..recognition.load_recogniser import load_recogniser

    asked = _network(_recogniser(recogniser, load_recogniser))
    people = make_gallery(gallery, asked, cache=not no_cache, progress=LineProgress())
    found = measure_verification(people, asked)
    show(value_record(found) if json_ else _verification_summary(found), as_json=json_)


def _network(asked: Any) -> Any:
    from ..recognition.embedding_recogniser import EmbeddingRecogniser

    if not isinstance(asked, EmbeddingRecogniser):
        raise InputError(f"{asked.name} gives no vectors; this measures a network of this machine")
    return asked


def _verification_summary(found: VerificationResult) -> str:
    lines = [f"{found.recogniser}: {found.people} people, {found.photos} photos, {found.copies} of them copies"]
    for name, one in (("all photos", found.all_photos), ("without doubtful photos", found.without_doubtful)):
        lines.append(f"{name}: AUC {_value(one.auc, one.interval)}, {one.genuine} and {one.impostor} pairs")
        lines += [
            f"  false-match rate {at.fmr:g}: {_value(at.recognised, at.interval)} recognised from {at.threshold:.3f}"
            for at in one.points
        ]
    return "\n".join(lines)


def _value(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:.4f}" + (f" [{interval[0]:.4f}, {interval[1]:.4f}]" if interval else "")


def bench_recogniser(
    recogniser: Recogniser = None,
    people: Annotated[int, typer.Option(help="People in the made gallery.")] = 1000,
    pairs: Annotated[int, typer.Option(min=2, help="Pairs of runs, ours and the peer's in turn.")] = 15,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each.")] = 1,
    seed: Seed = 0,
    device: OnRecogniserDevice = None,
    json_: Json = False,
) -> None:
    """Time embedding a face and finding it among people, beside dlib and scikit-learn."""
    from ..bench.recogniser_bench import measure
    from ..recognition.load_recogniser import load_recogniser

    asked = _network(_recogniser(recogniser, load_recogniser))
    found = measure(asked, people=people, pairs=pairs, threads=threads, seed=seed, progress=LineProgress())
    show(value_record(found) if json_ else _bench_summary(found), as_json=json_)


def _bench_summary(found: RecogniserBench) -> str:
    lines = [f"{found.recogniser}: {found.people} people, {found.threads} threads, {found.pairs} pairs of runs"]
    for row in found.rows:
        ratio = f"{row.ratio.value:.2f} times the time in {row.peer}" if row.ratio else "no peer"
        lines.append(f"{row.job}: {row.milliseconds:.2f} ms [{row.interval[0]:.2f}, {row.interval[1]:.2f}]; {ratio}")
    return "\n".join(lines)


def _recogniser(name: str | None, load: Any) -> Any:
    return load(name) if name else load()


def checked_fmr(fmr: float) -> float:
    """Refuse a false-match rate that no threshold is measured for."""
    if not any(abs(fmr - known) < 1e-9 for known in (1e-2, 1e-3)):
        raise InputError(f"--fmr is 0.01 or 0.001; what came is {fmr:g}")
    return fmr


def summary(record: dict[str, Any]) -> str:
    """Write a record for people."""
    lines = [f"{record['recogniser']}: {record['fakes']} fakes, {record['people']} people in the gallery"]

    def line(name: str, rates: dict[str, Any]) -> str:
        shown = [f"{key} {_share(one['value'])}" for key, one in rates.items()]
        return f"{name}: {', '.join(shown)}"

    lines.append(line("all", record["metrics"]))
    lines += [line(kind, rates) for kind, rates in record["by_kind"].items()]
    for rule, one in record["defences"].items():
        if one.get("reason"):
            lines.append(f"{rule}: not measured: {one['reason']}")
            continue
        changes = ", ".join(f"{key} {_share(one['before'][key])} -> {_share(one[key])}" for key in ("TA", "NA"))
        accuracy, refused = _share(one["accuracy"]), _share(one["real_refused"])
        lines.append(f"{rule}: {changes}; accuracy {accuracy}, real photos refused {refused}")
    real = record["real"]
    lines.append(f"real photos recognised {_share(real['recognised']['value'])} of {real['photos']}")
    lines += [f"not judged: {name}: {why}" for name, why in record["not_judged"].items()]
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"


def recognise(
    file: Path,
    gallery: People,
    recogniser: Recogniser = None,
    fmr: Fmr = 1e-3,
    no_cache: NoCache = False,
    device: OnRecogniserDevice = None,
    json_: Json = False,
) -> None:
    """Recognise the faces of a picture or first frame among a gallery's people."""
    from ..faces.detection import find_faces
    from ..media.open import open_media
    from ..metrics.summary import rounded
    from ..output.impersonation_record import findings_record, identification_record, threshold_record
    from ..recognition.alignment import face_crop
    from ..recognition.gallery_folder import make_gallery, refuse_faulty
    from ..recognition.load_recogniser import load_recogniser
    from ..recognition.matching import without_file

    media = open_media(file)
    asked = _recogniser(recogniser, load_recogniser)
    people = make_gallery(gallery, asked, fmr=checked_fmr(fmr), cache=not no_cache, progress=LineProgress())
    refuse_faulty(people)
    people, left_out = without_file(people, media.id)
    if left_out:
        say(f"{', '.join(left_out)}: this very picture, left out of the comparison")
    faces = [
        {"box": [*map(rounded, face.box)], **identification_record(asked.identify(face_crop(face), people))}
        for face in find_faces(media.frame(0))
    ]
    record = {
        "file": media.name,
        "recogniser": people.recogniser,
        "people": len(people.people),
        "threshold": people.threshold and rounded(people.threshold.similarity),
        "threshold_from": threshold_record(people),
        "faces": faces,
        "left_out": list(left_out),
        "findings": findings_record(people),
    }
    show(record if json_ else _faces_summary(record), as_json=json_)


def _faces_summary(record: dict[str, Any]) -> str:
    if not record["faces"]:
        return f"{record['file']}: no face was found"
    lines = []
    for number, face in enumerate(record["faces"], 1):
        nearest = ", ".join(f"{one['name']} {one['similarity']:.3f}" for one in face["nearest"])
        said = f"{face['name']} ({face['confidence']:.0%} sure)" if face["name"] else "nobody of the gallery"
        lines.append(f"face {number}: {said}; threshold {face['threshold']:.3f}; nearest: {nearest}")
    return "\n".join(lines)

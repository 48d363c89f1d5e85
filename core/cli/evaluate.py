"""Measure on a folder of media: python -m core evaluate ..."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..types import InputError, Settings, UnknownName
from ..types.answer_scope import AnswerEvaluation
from ..types.attack_metrics import AttackDetectorEvaluation
from .common import AttackDetectorName, Data, Detector, Eps, Frames, Json, OnDevice, Record, Seed, group, say
from .given_settings import Given, given_settings, names_in, options_given, sizes_in
from .line_progress import LineProgress
from .recording import RecordPlace, check_record, report, writing_measurements

if TYPE_CHECKING:
    from ..detectors import Detector as Loaded

Name = Annotated[str | None, typer.Argument(help="A registered detector; the default one if not given.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="How many of each kind, evenly spread; else all.")]
Folds = Annotated[
    list[Path] | None, typer.Option(help="Judge the videos that this folder's weights left out by them; repeatable.")
]
LeftOut = Annotated[
    bool,
    typer.Option("--left-out", help="Judge media that the calibration was made of by one made without their people."),
]

app = group("Measure on a folder of media.")


@app.command("detector")
def evaluate_detector(
    context: typer.Context,
    data: Data,
    name: Name = None,
    frames: Frames = 16,
    limit: Limit = None,
    compression: Annotated[
        str | None, typer.Option(help="Of FaceForensics++, where there are several: raw, c0, c23 or c40.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Every medium with its score, or why it has none.")] = False,
    fold: Folds = None,
    left_out: LeftOut = False,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Evaluate a detector by frame, by video and by kind of forgery.

    On a folder with real/ and fake/, with real/ and a folder for each kind of forgery (images or videos, also in
    subfolders), or laid out as FaceForensics++ is.
    """
    from ..detectors import DEFAULT
    from ..evaluation.detector_evaluation import evaluate_detector as measure
    from ..evaluation.score_tables import record_scores
    from ..pipeline import load_detector

    if rows and record:
        raise InputError("--rows and --record do not go together: metrics are recorded, not media")
    if left_out and (fold or compression):
        raise InputError("--left-out is about the weights themselves: it takes no --fold and no --compression")
    place = check_record(context, name or DEFAULT, record, kind="detector", data=data)
    detector = load_detector(name or DEFAULT)
    asked = rows or place is not None
    found = measure(
        detector,
        data,
        frames=frames,
        limit=limit,
        compression=compression,
        rows=asked,
        judges=_judges(detector, data, fold or [], left_out=left_out),
        progress=LineProgress(),
    )
    report(found if rows else replace(found, rows=None), place, as_json=json_)
    if place and found.rows:
        with writing_measurements():
            record_scores(place.name, place.label, found.rows, folder=place.folder)


def _judges(detector: Loaded, data: Path, folds: list[Path], *, left_out: bool) -> dict[str, Loaded]:
    """Map sources to weights or calibrations that never saw them."""
    from ..evaluation.fold_judges import fold_judges
    from ..evaluation.left_out_calibration import left_out_judges
    from ..media.datasets import kinds_in, read_people

    if left_out:
        media = [path for paths in kinds_in(data).values() for path in paths]
        return left_out_judges(detector, media, read_people(data))
    return fold_judges(detector.name, folds) if folds else {}


@app.command("conditions")
def evaluate_corruptions(
    context: typer.Context,
    data: Data,
    name: Name = None,
    faces: Annotated[
        Path | None, typer.Option("--faces", help="The folder whose faces.jsonl has age, gender and race.")
    ] = None,
    under: Annotated[
        str, typer.Option(help="all, or names joined by commas, such as jpeg50,crf35,size64,blur2.")
    ] = "all",
    limit: Limit = None,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Evaluate under JPEG, H.264, small sizes and blur, and by groups."""
    from ..detectors import DEFAULT
    from ..evaluation.corruptions import evaluate_corruptions as measure
    from ..media.post_processing import CORRUPTIONS, corruptions_by
    from ..pipeline import load_detector

    chosen = CORRUPTIONS if under == "all" else corruptions_by(names_in(under))
    place = check_record(context, name or DEFAULT, record, kind="conditions", data=data)
    detector, asked = load_detector(name or DEFAULT), LineProgress()
    found = measure(detector, data, faces=faces, corruptions=chosen, limit=limit, progress=asked)
    report(found, place, as_json=json_)


@app.command("shortcuts")
def evaluate_shortcuts(
    context: typer.Context,
    data: Data,
    name: Name = None,
    limit: Limit = None,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Control what the detector must not tell apart: an AUC near 0.5 is right.

    Shuffled labels; real faces post-processed, or of another JPEG table; pairs whose face is masked.
    """
    from ..detectors import DEFAULT
    from ..evaluation.shortcut_controls import evaluate_shortcuts as measure
    from ..pipeline import load_detector

    place = check_record(context, name or DEFAULT, record, kind="shortcuts", data=data)
    found = measure(load_detector(name or DEFAULT), data, limit=limit, seed=seed, progress=LineProgress())
    report(found, place, as_json=json_)


@app.command("attack-detector")
def evaluate_attack_detector(
    context: typer.Context,
    data: Data,
    attacks: Annotated[str, typer.Option(help="Attacks put on each face, joined by commas.")] = "pgd,fgsm",
    eps: Annotated[str, typer.Option(help="Their budgets in 1/255, joined by commas.")] = "16",
    post: Annotated[
        str, typer.Option(help="What is done to the attacked file: none, jpeg75, webp80, crf23, blur1, resize0.5.")
    ] = "none",
    set_: Given = None,
    detector: Detector = None,
    attack_detector: Annotated[
        str | None,
        typer.Option("--attack-detector", help="attack-signs, which answers, or one that reads a map."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many faces, evenly spread.")] = 200,
    paper: Annotated[
        bool, typer.Option("--paper", help="The paper's attack detector alone: accuracy and AUC, and with a black map.")
    ] = False,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Count attacks that are found, and alarms on faces that nobody attacked.

    On a folder of faces, or on real/ beside forgeries. With --paper, accuracy and AUC of the attack detector of
    Pinhasov et al., or of the one that --attack-detector names: it was trained on maps of one detector; for another
    one they are outside of its scope.
    """
    from .options import attack_settings

    names = names_in(attacks)
    if not names:
        raise InputError("there is no attack to detect: --attacks is names joined by commas")
    given = given_settings(set_, attacks=names)
    settings = {name: attack_settings(name, given=given[name]) for name in names}
    reader = _map_reader(attack_detector, paper=paper)
    if reader:
        given_here = [name for name in ("eps", "post") if _is_given(context, name)]
        if attack_detector and given_here:
            raise InputError(
                f"--eps and --post are of attack-signs; {reader} is measured at the attacks' own epsilon, without "
                f"post-processing; what came is --{' and --'.join(given_here)}"
            )
        found, place = _reader(context, reader, data, settings, detector, limit, record)
        report(found, place, as_json=json_)
    else:
        report(*_answer(context, data, settings, eps, post, detector, limit, record), as_json=json_)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _map_reader(name: str | None, *, paper: bool) -> str | None:
    """Name the measured attack detector that reads a map, if it is one."""
    from ..attack_detectors import ATTACK_DETECTORS, DEFAULT
    from ..attack_detectors.answer import NAME

    if name is not None and name not in (NAME, *ATTACK_DETECTORS):
        raise UnknownName(f"there is no attack detector {name!r}; known are: {', '.join((NAME, *ATTACK_DETECTORS))}")
    if paper and name not in (None, DEFAULT):
        raise InputError(f"--paper measures {DEFAULT}; what came with --attack-detector is {name}")
    return DEFAULT if paper else None if name in (None, NAME) else name


def _reader(
    context: typer.Context,
    name: str,
    data: Path,
    settings: dict[str, Settings],
    detector: str | None,
    limit: int,
    record: str | None,
) -> tuple[AttackDetectorEvaluation, RecordPlace | None]:
    """Measure an attack detector that reads a map."""
    from ..attack_detectors import load as load_attack_detector
    from ..detectors import DEFAULT as DETECTOR
    from ..evaluation.attack_detector_evaluation import evaluate_attack_detector as measure
    from ..pipeline import load_detector

    place = check_record(context, name, record, kind="attack-detector", data=data)
    attack_detector, judge = load_attack_detector(name), load_detector(detector or DETECTOR)
    if not attack_detector.fits(judge.name):
        trained_on = attack_detector.card.detector
        say(f"{attack_detector.name} was trained on maps of {trained_on} only: {judge.name} is outside its scope")
    return measure(attack_detector, judge, data, attacks=settings, limit=limit, progress=LineProgress()), place


def _answer(
    context: typer.Context,
    data: Path,
    settings: dict[str, Settings],
    eps: str,
    post: str,
    detector: str | None,
    limit: int,
    record: str | None,
) -> tuple[AnswerEvaluation, RecordPlace | None]:
    """Measure the answer to "was it attacked?"."""
    from ..attack_detectors.answer import NAME
    from ..detectors import DEFAULT as DETECTOR
    from ..evaluation import attack_answer_evaluation as answers
    from ..pipeline import load_attack_signs, load_detector

    sizes, posts = sizes_in(eps), answers.parse_post(names_in(post))
    if not sizes or not posts:
        raise InputError("--eps and --post are lists joined by commas; one of them is empty")
    place = check_record(context, NAME, record, kind="attack-answer", data=data)
    found = answers.evaluate_attack_answer(
        load_attack_signs(),
        load_detector(detector or DETECTOR),
        data,
        attacks={name: answers.settings_by_size(name, one, sizes) for name, one in settings.items()},
        post=posts,
        limit=limit,
        progress=LineProgress(),
    )
    return found, place


@app.command("synthetic-faces")
def evaluate_synthetic_faces(
    context: typer.Context,
    data: Data,
    post: Annotated[
        str, typer.Option(help="What is done to each face first: none, jpeg75, webp80, crf23, blur1, resize0.5.")
    ] = "none,jpeg75,jpeg50",
    not_synthetic: Annotated[
        str, typer.Option("--not-synthetic", help="Folders besides real/ without synthetic faces, joined by commas.")
    ] = "",
    limit: Limit = None,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Count synthetic faces that are found, and others that are called synthetic.

    On real/ beside other folders (images or videos), on a folder of faces, or on folders of people with photo/ and
    generated/.
    """
    from ..evaluation.attack_answer_evaluation import parse_post
    from ..evaluation.synthetic_evaluation import evaluate_synthetic_faces as measure
    from ..pipeline import load_synthetic_faces
    from ..synthetic_faces import NAME

    posts = parse_post(names_in(post))
    if not posts:
        raise InputError("--post is a list joined by commas; what came is empty")
    place = check_record(context, NAME, record, kind="synthetic-faces", data=data)
    judge, others = load_synthetic_faces(), names_in(not_synthetic)
    found = measure(judge, data, post=posts, not_synthetic=others, limit=limit, progress=LineProgress())
    report(found, place, as_json=json_)


@app.command("faces")
def evaluate_faces(
    data: Data,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames of a video, evenly spread.")] = 16,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="How many videos, evenly spread; else all.")
    ] = None,
    json_: Json = False,
) -> None:
    """Compare the two-step search for faces in videos with the search at full size.

    Recall, the IoU of the boxes, and the share of frames that are searched at full size all the same. On the videos of
    a folder, also in subfolders.
    """
    from ..evaluation.face_search_evaluation import evaluate_face_search as measure

    report(measure(data, frames=frames, limit=limit, progress=LineProgress()), None, as_json=json_)


@app.command("attack")
def evaluate_attack(
    context: typer.Context,
    data: Data,
    name: Annotated[str, typer.Argument(help="A registered attack.")] = "pgd",
    eps: Eps = None,
    set_: Given = None,
    detector: Detector = None,
    attack_detector: AttackDetectorName = None,
    limit: Annotated[int, typer.Option(min=1, help="How many faces that are called fake are attacked.")] = 100,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Count the forgeries called fake that an attack makes real in the saved file."""
    from ..detectors import DEFAULT
    from ..evaluation.attack_evaluation import evaluate_attack as measure
    from ..pipeline import load_detector
    from .options import attack_settings, evaded_detector

    given = given_settings(set_, attacks=[name], taken=options_given(eps=eps))
    settings = attack_settings(name, eps=eps, given=given[name])
    evaded = evaded_detector(attack_detector, name)
    place = check_record(context, detector or DEFAULT, record, kind="attack", data=data)
    judge, asked = load_detector(detector or DEFAULT), LineProgress()
    found = measure(judge, data, name, settings, limit=limit, seed=seed, attack_detector=evaded, progress=asked)
    report(found, place, as_json=json_)

"""Measure the answer to "is this face wholly synthetic?" on folders of media."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import pipeline
from ..media.datasets import IMAGES, media_in, open_dataset, subsample
from ..media.post_processing import post_process
from ..metrics.intervals import bootstrap, wilson
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..synthetic_faces import SyntheticFaces
from ..types import Array, InputError
from ..types.synthetic_answer import SYNTHETIC, UNDECIDED, UNKNOWN
from ..types.synthetic_metrics import SyntheticAuc, SyntheticEvaluation, SyntheticShares
from .attack_detector_evaluation import faces_in
from .labelled_faces import largest_face, most_seen

FRAMES = 8  # of a video, evenly spaced
ALL_FACES = 10**6
Post = Mapping[str, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class _Answered:
    """Hold a medium's answer in a word, and the mean margin of its frames."""

    label: str
    margin: float


def evaluate_synthetic_faces(
    judge: SyntheticFaces,
    data: Path,
    *,
    post: Post,
    not_synthetic: Collection[str] = (),
    limit: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> SyntheticEvaluation:
    """Count the synthetic faces that are found, and the others that are called synthetic.

    A video is answered by the mean of its frames' margins; it is unknown where most of its frames are.

    Args:
        judge: gives the answers.
        data: real/ beside other folders; a folder with `faces.jsonl`; or people's folders with photo/ and generated/.
        post: what is done to each face first, by name, see `attack_answer_evaluation.parse_post`.
        not_synthetic: kinds besides "real" that no generator made as a whole, such as face swaps.
        limit: how many media of each kind, evenly spaced.
        progress: told each medium; a stop raises `StopRequested`.
    """
    kinds = {kind: subsample(paths, limit or len(paths)) for kind, paths in media_by_kind(data).items()}
    if unknown := sorted(set(not_synthetic) - set(kinds)):
        raise InputError(f"{data} has no {', '.join(unknown)}; what is there: {', '.join(kinds)}")
    answered: dict[str, dict[str, list[_Answered]]] = {kind: {name: [] for name in post} for kind in kinds}
    missing = dict.fromkeys(kinds, 0)
    for kind, paths in kinds.items():
        for path in progress.each(paths, f"Asking whether {kind} faces are synthetic, media"):
            crops = _crops(path)
            missing[kind] += not crops
            for name, how in post.items() if crops else ():
                answered[kind][name].append(_answer(judge, [post_process(crop, *how) for crop in crops]))
    rivals = [kind for kind in kinds if kind not in ("real", *not_synthetic)]
    return SyntheticEvaluation(
        {kind: {name: _shares(them) for name, them in rows.items()} for kind, rows in answered.items()},
        {kind: {name: _auc(answered["real"][name], answered[kind][name]) for name in post} for kind in rivals},
        missing,
    )


def media_by_kind(data: Path) -> dict[str, list[Path]]:
    """List a folder's media by kind, "real" among them."""
    if (data / "faces.jsonl").is_file():
        return {"real": faces_in(data, limit=ALL_FACES)}
    generated = sorted(data.glob("*/generated")) if data.is_dir() else []
    if generated and not (data / "real").is_dir():
        photos = [path for folder in sorted(data.glob("*/photo")) for path in media_in(folder)]
        return {"real": photos, "generated": [path for folder in generated for path in media_in(folder)]}
    return {kind: [file for item in items for file in item.files] for kind, items in open_dataset(data).kinds.items()}


def _crops(path: Path) -> list[Array]:
    """Crop an image's largest judgeable face, or a video's longest track."""
    if path.suffix.lower() in IMAGES:
        crop = largest_face(path)
        return [] if crop is None else [crop]
    return [face.crop for face in most_seen(pipeline.open_searched(path, frames=FRAMES), FRAMES)]


def _answer(judge: SyntheticFaces, crops: list[Array]) -> _Answered:
    """Answer for a medium's crops together."""
    answers = [judge.answer_with_margin(crop) for crop in crops]
    margin = float(np.mean([one for _, one in answers]))
    if sum(answer.label == UNKNOWN for answer, _ in answers) > len(answers) / 2:
        return _Answered(UNKNOWN, margin)
    return _Answered(judge.word(judge.probability(margin)), margin)


def _shares(them: list[_Answered]) -> SyntheticShares:
    count = {word: sum(one.label == word for one in them) for word in (SYNTHETIC, UNDECIDED, UNKNOWN)}
    n = max(len(them), 1)
    interval = wilson(count[SYNTHETIC], len(them)) if them else None
    return SyntheticShares(len(them), count[SYNTHETIC] / n, interval, count[UNDECIDED] / n, count[UNKNOWN] / n)


def _auc(real: list[_Answered], made: list[_Answered]) -> SyntheticAuc:
    low, high = (np.asarray([one.margin for one in them]) for them in (real, made))
    if not (len(low) and len(high)):
        return SyntheticAuc(None, None)
    return SyntheticAuc(auc(low, high), bootstrap(auc, low, high))

"""Run one file through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import pipeline
from ..attack_detectors import DEFAULT as DEFAULT_ATTACK_DETECTOR
from ..attack_detectors import AttackDetector
from ..attack_detectors.answer import MIN_SIDE
from ..detectors import DEFAULT, Detector
from ..detectors.video_rules import file_verdict
from ..media.file_provenance import location_of, read_provenance
from ..media.images import encode_png
from ..media.write import write_together
from ..output.provenance_words import provenance_sentences
from ..output.text import file_notes, synthetic_words
from ..progress import NO_PROGRESS, Progress, followed_by
from ..signatures.reference import misfit
from ..types import Array, AttackResult, InputError, JudgedFace, Placement, Settings, Verdict
from ..types.analysed_file import AnalysedAttack, AnalysedFace, AnalysedFile, FaceFindings, NoticedAttack


def analyse(
    file: Path,
    *,
    detector: str | None = None,
    attack: str | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    maps: tuple[str, ...] = (),
    map_settings: Mapping[str, Settings] | None = None,
    frames: int = 16,
    out: Path | None = None,
    location: bool = False,
    attack_detector: str | None = None,
    progress: Progress = NO_PROGRESS,
) -> AnalysedFile:
    """Find all that `python -m core analyse` tells of a file.

    Args:
        file: an image or a video.
        detector: its name; None is the default one.
        attack: on each face, towards real; None for none.
        settings: of the attack.
        seed: of the attack and of sampled maps.
        maps: names of the maps.
        map_settings: of single maps, by name.
        frames: of a video, evenly spaced.
        out: a folder for the files of every face.
        location: whether to tell where the file says it was recorded.
        attack_detector: name of the one that is asked, and that attacks evade; None is the default one.
        progress: told the frames, then each face; a stop raises `StopRequested`.
    """
    judge = pipeline.load_detector(detector or DEFAULT)
    evaded = pipeline.load_attack_detector(attack_detector or DEFAULT_ATTACK_DETECTOR)
    with followed_by(progress):
        media = pipeline.open_searched(file, frames=frames, told=progress.named("Finding faces, frames"))
    if out:
        _make_folder(out)
    judged = pipeline.analyse(media, judge, frames=frames, progress=progress.named("Frames"))
    progress.check_stop()
    of_maps = {name: (map_settings or {}).get(name, {}) for name in maps}
    asked = (attack, settings, seed, of_maps, out, progress.quiet())
    faces = tuple(_face(judge, evaded, item, *asked) for item in progress.each(judged, "Faces"))
    found = file_verdict(judged, judge.band_thresholds, still=media.kind == "image")
    where = location_of(file) if location else None
    return AnalysedFile(media, faces, found, read_provenance(file, media), where)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {out} cannot be made: {error.strerror}") from error


def _face(
    detector: Detector,
    attack_detector: AttackDetector,
    item: JudgedFace,
    attack: str | None,
    settings: Settings | None,
    seed: int,
    maps: Mapping[str, Settings],
    out: Path | None,
    progress: Progress,
) -> AnalysedFace:
    if item.verdict is None:
        return AnalysedFace(item, None)
    face, crop = item.face, item.face.crop
    result = None
    if attack:
        result = pipeline.attack(detector, crop, attack, settings, seed=seed, attack_detector=attack_detector)
    noticed = _noticed(detector, attack_detector, crop, item.verdict)
    synthetic = pipeline.answer_synthetic(crop)
    attacked = _attacked(detector, attack_detector, result) if result else None
    made = pipeline.explain_all(detector, crop, maps, seed=seed, progress=progress)
    progress.check_stop()
    found = FaceFindings(noticed, synthetic, attacked, tuple(one.metrics() for one in made), _signature(detector, crop))
    if out:
        stem = f"frame{face.frame:06d}_track{face.track}"
        files = _files(crop, result, {one.method: (one.map, one.signed) for one in made})
        write_together({out / f"{stem}_{name}": data for name, data in files})
    return AnalysedFace(item, found)


def _attacked(detector: Detector, attack_detector: AttackDetector, result: AttackResult) -> AnalysedAttack:
    crop = pipeline.attacked_crop(result)
    noticed = _noticed(detector, attack_detector, crop, result.after)
    return AnalysedAttack(result, noticed, _signature(detector, crop))


def _noticed(detector: Detector, attack_detector: AttackDetector, crop: Array, verdict: Verdict) -> NoticedAttack:
    """Ask whether a face was attacked; tiny crops have no answer."""
    asked, why = pipeline.was_attacked(detector, attack_detector, crop, verdict)
    large = min(crop.shape[:2]) >= MIN_SIDE
    return NoticedAttack(asked, why, pipeline.answer_attack(detector, crop, verdict) if large else None)


def _signature(detector: Detector, crop: Array) -> Placement | None:
    references = pipeline.load_reference_set()
    if misfit(references.card, detector):
        return None
    return pipeline.embed_signature(detector, references, crop)[1]


def _files(
    crop: Array, result: AttackResult | None, maps: dict[str, tuple[Array, bool]]
) -> Iterator[tuple[str, bytes]]:
    """Yield the crop, the attacked crop, and each map as raw values (.npy) and image."""
    from ..output import paper, screen  # here: only files bring Matplotlib and Plotly

    yield "crop.png", encode_png(crop)
    if result:
        yield "attacked.png", result.png
    for name, (values, signed) in maps.items():
        yield f"{name}.npy", paper.npy_bytes(values)
        yield f"{name}.png", encode_png(screen.colour_map(values, signed=signed))


def summary(found: AnalysedFile) -> str:
    """Summarise what was found in a few lines."""
    media, verdict = found.media, found.verdict
    width, height = media.size
    lines = [f"{media.name}: {media.kind}, {width} x {height}, {media.frames} frame(s)", *media.notes]
    lines += [_line(one) for one in found.faces]
    if not found.faces:
        lines.append("No face was found.")
    if media.kind == "video" and verdict.main:
        by = "the interval over" if verdict.rule == "interval" else "majority of"
        lines.append(f"video: {verdict.label} by {by} {verdict.main.frames_judged} frames")
    if found.provenance.credentials.state != "none":
        lines.append(provenance_sentences(found.provenance)[0])
    lines.append("; ".join([f"verdict on the file: {verdict.band}", *file_notes(verdict)]))
    return "\n".join(lines)


def _line(one: AnalysedFace) -> str:
    """Say in a line what was found of a face."""
    face, verdict, found = one.judged.face, one.judged.verdict, one.findings
    said = _score(verdict) if verdict else str(one.judged.reason)
    if found:
        if found.attack:
            said += f"; after {found.attack.result.attack}: {_score(found.attack.result.after)}"
        last = (found.attack.noticed if found.attack else found.noticed).verdict
        if last:
            said += f"; {last.label} ({last.p_attacked:.3f})"
        said += f"; {synthetic_words(found.synthetic.label, found.synthetic.p_synthetic)}"
    return f"frame {face.frame}, track {face.track}: {said}"


def _score(verdict: Verdict) -> str:
    return f"{verdict.band} (score {verdict.p_fake:.3f})"

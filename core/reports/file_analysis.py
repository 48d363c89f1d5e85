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
from ..output import records
from ..output.provenance_words import provenance_record
from ..output.records import Record
from ..output.text import synthetic_words
from ..progress import NO_PROGRESS, Progress
from ..types import Array, AttackResult, InputError, JudgedFace, Settings, Verdict


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
) -> Record:
    """Make the record that `python -m core analyse` prints.

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
    media = pipeline.open_media(file, frames=frames)
    if out:
        _make_folder(out)
    judged = pipeline.analyse(media, judge, frames=frames, progress=progress.named("Frames"))
    progress.check_stop()
    of_maps = {name: (map_settings or {}).get(name, {}) for name in maps}
    asked = (attack, settings, seed, of_maps, out, progress.quiet())
    faces = [_face(judge, evaded, item, *asked) for item in progress.each(judged, "Faces")]
    found = file_verdict(judged, judge.band_thresholds, still=media.kind == "image")
    return {
        "media": records.media_record(media),
        "faces": faces,
        "verdict": records.file_record(found),
        "video": records.video_record(found) if media.kind == "video" else None,
        "provenance": provenance_record(read_provenance(file, media), location_of(file) if location else None),
    }


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
) -> Record:
    record = {**records.face_record(item.face), "verdict": records.verdict_record(item.verdict)}
    record |= {"no_verdict": item.reason, "attack": None, "attack_verdict": None, "attack_answer": None}
    record |= {"maps": {}, "signature": None, "synthetic": None}
    if item.verdict is None:
        return record
    face, crop = item.face, item.face.crop
    result = None
    if attack:
        result = pipeline.attack(detector, crop, attack, settings, seed=seed, attack_detector=attack_detector)
    asked, why = pipeline.was_attacked(detector, attack_detector, crop, item.verdict)
    record["attack_verdict"] = records.attack_verdict_record(asked)
    record["attack_answer"] = _attack_answer(detector, crop, item.verdict)
    record["synthetic"] = records.synthetic_record(pipeline.answer_synthetic(crop))
    if result:
        attacked_crop = pipeline.attacked_crop(result)
        twin_asked, why = pipeline.was_attacked(detector, attack_detector, attacked_crop, result.after)
        record["attack"] = records.attack_record(result) | {
            "attack_verdict_before": records.attack_verdict_record(asked),
            "attack_verdict_after": records.attack_verdict_record(twin_asked),
            "attack_answer_before": record["attack_answer"],
            "signature": _signature(detector, attacked_crop),
        }
        record["attack_verdict"] = records.attack_verdict_record(twin_asked)
        answer = _attack_answer(detector, attacked_crop, result.after)
        record["attack_answer"] = record["attack"]["attack_answer_after"] = answer
    record["attack_verdict_why"] = why
    found = {a.method: a for a in pipeline.explain_all(detector, crop, maps, seed=seed, progress=progress)}
    progress.check_stop()
    record["maps"] = {name: records.map_record(attribution) for name, attribution in found.items()}
    record["signature"] = _signature(detector, crop)
    if out:
        stem = f"frame{face.frame:06d}_track{face.track}"
        files = _files(crop, result, {name: (a.map, a.signed) for name, a in found.items()})
        write_together({out / f"{stem}_{name}": data for name, data in files})
    return record


def _attack_answer(detector: Detector, crop: Array, verdict: Verdict) -> Record | None:
    """Record whether a face was attacked; None for tiny crops."""
    if min(crop.shape[:2]) < MIN_SIDE:
        return None
    return records.attack_answer_record(pipeline.answer_attack(detector, crop, verdict))


def _signature(detector: Detector, crop: Array) -> Record | None:
    references = pipeline.load_reference_set()
    if references.card.detector != detector.name:
        return None
    _, placement = pipeline.embed_signature(detector, references, crop)
    return records.signature_record(placement)


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


def summary(found: Record) -> str:
    """Summarise a record in a few lines."""
    media, video = found["media"], found["video"]
    lines = [f"{media['name']}: {media['kind']}, {media['width']} x {media['height']}, {media['frames']} frame(s)"]
    lines += media["notes"]
    for face in found["faces"]:
        verdict = face["verdict"]
        said = f"{verdict['band']} (score {verdict['p_fake']:.3f})" if verdict else face["no_verdict"]
        if face["attack"]:
            after = face["attack"]["after"]
            said += f"; after {face['attack']['name']}: {after['band']} (score {after['p_fake']:.3f})"
        if face["attack_verdict"]:
            said += f"; {face['attack_verdict']['label']} ({face['attack_verdict']['p_attacked']:.3f})"
        if asked := face.get("synthetic"):
            said += f"; {synthetic_words(asked['label'], asked['p_synthetic'])}"
        lines.append(f"frame {face['frame']}, track {face['track']}: {said}")
    if not found["faces"]:
        lines.append("No face was found.")
    if video:
        lines.append(f"video: {video['label']} by {video['rule']} of {video['frames_judged']} frames")
    verdict = found["verdict"]
    lines.append("; ".join([f"verdict on the file: {verdict['band']}", *verdict["notes"]]))
    return "\n".join(lines)

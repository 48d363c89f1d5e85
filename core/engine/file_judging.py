"""Judge one file of a batch: intake, verdict, attack answer, provenance, maps."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from .. import pipeline
from ..attack_detectors import DEFAULT as DEFAULT_ATTACK_DETECTOR
from ..attack_detectors import AttackDetector
from ..detectors import DEFAULT, Detector
from ..detectors.device import set_device
from ..detectors.video_rules import face_of_file, file_verdict
from ..media.decoder_threads import limit_decoder_threads, usable_processors
from ..media.file_provenance import read_provenance
from ..media.images import encode_png
from ..media_attack import samples
from ..output import records
from ..output.provenance_words import provenance_record, provenance_word
from ..signatures.reference import misfit
from ..types import Array, InputError, JudgedFace, content_id
from ..types.file_rows import FileFindings, FileTask
from ..types.tracks import FileVerdict
from .explained_pack import Explained, pack_explained
from .faces_pack import pack_faces
from .read_files import ReadFile, read_before, reading

THUMBNAIL = 96  # pixels of its longer side


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Hold what every file of a batch is judged with.

    detector: its name; frames: of a video; attack: put on the face that stands for the file, "" for none; maps: of that
        face, by name; seed: of the attack and of sampled maps; keep_faces: so that a page opens the file without
        judging it again, and another detector judges its faces and opens no file; signature: whether the face is placed
        among the references, which comes with maps anyway; attack_detector: its name, for attacks that evade one, ""
        for the default one.
    """

    detector: str = DEFAULT
    frames: int = 16
    attack: str = ""
    maps: tuple[str, ...] = ()
    seed: int = 0
    keep_faces: bool = True
    signature: bool = False
    attack_detector: str = ""

    def text(self) -> str:
        """Write the settings in a fixed order, as a part of keys.

        The default attack detector is not named: with its name and without, files are judged alike.
        """
        unnamed = self.attack_detector in ("", DEFAULT_ATTACK_DETECTOR)
        named = {name: value for name, value in asdict(self).items() if name != "attack_detector" or not unnamed}
        return json.dumps(named, sort_keys=True)

    def evaded(self) -> AttackDetector:
        """Load the attack detector that attacks evade."""
        return pipeline.load_attack_detector(self.attack_detector or DEFAULT_ATTACK_DETECTOR)


@dataclass(slots=True)
class FileJudge:
    """Judge files one after the other, by one model; made anew in each worker.

    settings: of every file; threads: of the processor, 0 for a share of those of the machine that judges; sharing: how
    many workers have such a share, 0 for all there are to this one; device: auto, cpu or cuda, as the
    process chose that made it: a worker elsewhere has not its environment.
    """

    settings: BatchSettings
    threads: int = 0
    device: str | None = None
    sharing: int = 0
    _detector: Detector | None = field(default=None, repr=False)

    def prepare(self) -> None:
        """Load the model, and judge the sample on this worker's threads.

        After that every file costs the same.
        """
        threads = self.threads or (self.sharing and max(1, usable_processors() // self.sharing))
        if threads:
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
            limit_decoder_threads(threads)
        if self.device:
            set_device(self.device)
        self._detector = pipeline.load_detector(self.settings.detector)
        plain = FileJudge(BatchSettings(self.settings.detector, keep_faces=False), _detector=self._detector)
        plain(_sample())  # what the first file would wait for: models, readers, libraries

    def __call__(self, task: FileTask) -> FileFindings:
        """Judge one file; raises `InputError` where it is refused."""
        if self._detector is None:
            self.prepare()
        assert self._detector is not None
        before = read_before(task, frames=self.settings.frames)
        if before:
            read, faces = before
            with self._detector.lock.reserved():
                judged = list(pipeline.judge_each(self._detector, faces))
        else:
            read, judged = self._read(self._detector, task)
        return self._findings(self._detector, read, judged)

    def _read(self, detector: Detector, task: FileTask) -> tuple[ReadFile, list[JudgedFace]]:
        """Open a file, and judge its faces as they are found."""
        source = task.content if task.content is not None else task.path
        media = pipeline.open_searched(source, task.path.name, frames=self.settings.frames)
        if media.id != task.sha256:
            raise InputError(f'"{media.name}" was changed after it was listed; run the batch again')
        judged = pipeline.analyse(media, detector, frames=self.settings.frames)
        said = read_provenance(source, media)
        return ReadFile(media.kind, records.media_record(media), said, lambda: _thumbnail(media.frame())), judged

    def _findings(self, detector: Detector, read: ReadFile, judged: list[JudgedFace]) -> FileFindings:
        still = read.kind == "image"
        found = file_verdict(judged, detector.band_thresholds, still=still)
        worst = face_of_file(found)
        artefacts: dict[str, bytes] = {}
        record: records.Record = {"media": read.media, "verdict": records.file_record(found)}
        record |= {"provenance": provenance_record(read.provenance), "judged_by": detector.version}
        attack_label = None
        if worst and worst.verdict:
            more, artefacts = self._about(detector, worst)
            record |= more
            attack_label = more["attack_answer"]["label"]
        if self.settings.keep_faces:
            artefacts["faces"] = pack_faces(judged)
            record["read"] = reading(self.settings.frames)
        artefacts["thumbnail"] = _thumbnail(worst.face.crop) if worst else read.thumbnail()
        main = found.main
        low, high = _interval(found, worst, still=still)
        return FileFindings(
            read.kind,
            len(judged) if still else len({item.face.track for item in judged}),
            found.band,
            found.label,
            main.p_fake if main else None,
            low,
            high,
            attack_label,
            provenance_word(read.provenance),
            json.dumps(record, ensure_ascii=False, allow_nan=False),
            found.reason,
            artefacts,
            detector.version,
        )

    def _about(self, detector: Detector, item: JudgedFace) -> tuple[records.Record, dict[str, bytes]]:
        """Record the attack answer, and where asked an attack and maps, of one face.

        The row answers for the face as it came; the answer for the attacked copy stands beside the attack.
        """
        assert item.verdict
        settings, crop, verdict = self.settings, item.face.crop, item.verdict
        record: records.Record = {"face": records.face_record(item.face) | {"verdict": records.verdict_record(verdict)}}
        artefacts = {}
        record["attack_answer"] = records.attack_answer_record(pipeline.answer_attack(detector, crop, verdict))
        if settings.attack:
            evaded = settings.evaded()
            result = pipeline.attack(detector, crop, settings.attack, seed=settings.seed, attack_detector=evaded)
            after = pipeline.answer_attack(detector, pipeline.attacked_crop(result), result.after)
            said = {"attack_answer_after": records.attack_answer_record(after)}
            record["attack"], artefacts["attacked.png"] = records.attack_record(result) | said, result.png
        more, kept = self._explained(detector, crop)
        return record | more, artefacts | kept

    def _explained(self, detector: Detector, crop: Array) -> tuple[records.Record, dict[str, bytes]]:
        """Record the maps and the signature's place that were asked for, of one face."""
        settings = self.settings
        if not (settings.maps or settings.signature):
            return {}, {}
        from ..output.paper import npy_bytes  # here: it brings Matplotlib, which files without maps do not need

        maps = pipeline.explain_all(detector, crop, {name: {} for name in settings.maps}, seed=settings.seed)
        record: records.Record = {"maps": {one.method: records.map_record(one) for one in maps}} if maps else {}
        artefacts = {f"{one.method}.npy": npy_bytes(one.map) for one in maps}
        references, place = pipeline.load_reference_set(), None
        if misfit(references.card, detector) is None:
            _, place = pipeline.embed_signature(detector, references, crop)
            record["signature"] = records.signature_record(place)
        if settings.keep_faces:
            of_set = str(references.card.sha256) if place else ""
            artefacts["explained"] = pack_explained(Explained(content_id(crop), maps, place, of_set))
        return record, artefacts


def _interval(found: FileVerdict, face: JudgedFace | None, *, still: bool) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of a file's score. Of the calibration in an image, else over frames."""
    if still:
        return (face and face.verdict and face.verdict.interval) or (None, None)
    return found.main.p_fake_interval if found.main else (None, None)


def _sample() -> FileTask:
    data = encode_png(samples.portrait())
    return FileTask("sample", hashlib.sha256(data).hexdigest(), Path("portrait.png"), "portrait.png", data)


def _thumbnail(image: Array) -> bytes:
    small = Image.fromarray(np.ascontiguousarray(image))
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85)
    return out.getvalue()

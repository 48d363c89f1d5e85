"""Make the batch that judges files, with its version, and its workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import pipeline
from ..attack_detectors import DEFAULT as ATTACK_DETECTOR
from ..attack_detectors.answer import NAME as SIGNS
from ..detectors.calibration.store import shipped_calibration_path, user_calibration_path
from ..detectors.checkpoints import status
from ..detectors.device import device_choice
from ..storage.code_fingerprint import code_fingerprint
from ..storage.files import file_state
from ..storage.paths import MODELS
from ..types.limits import QUEUE_EXPLAINED_FILE_S, QUEUE_FILE_S
from .batch_run import Batch
from .executor import FileLimits
from .file_judging import BatchSettings, FileJudge
from .local_workers import LocalWorkers


def judging_batch(places: Sequence[Path], table: Path, settings: BatchSettings, *, workers: int = 2) -> Batch:
    """Make the batch that judges files; the detector is loaded to know its version.

    Args:
        places: folders and files.
        table: of the jobs.
        settings: what every file is judged with.
        workers: how many work at a time; each takes its share of the processors where it works.
    """
    detector, evaded = pipeline.load_detector(settings.detector), settings.evaded()  # by some attacks
    networks = [f"{card.name}:{str(card.sha256)[:12]}" for card in (evaded.card, pipeline.load_attack_signs().card)]
    version = " ".join([detector.version, *networks, code_fingerprint()[:12]])
    work, limits = _judge(settings, workers), _limits(settings)
    return Batch(
        places, table, version, settings.text(), work, workers=workers, limits=limits, judged_by=detector.version
    )


def judging_workers(settings: BatchSettings, workers: int) -> LocalWorkers:
    """Start local workers for a batch that is to come.

    They load the detector themselves; here nothing is loaded.
    """
    return LocalWorkers(_judge(settings, workers), workers, _limits(settings))


def workers_key(settings: BatchSettings) -> str:
    """Name what workers judge with: settings, device, and the states of their files.

    No network is loaded. Raises `InputError` where weights are missing.
    """
    card, weights = status.locate(settings.detector)
    files = [weights, user_calibration_path(settings.detector), shipped_calibration_path(settings.detector)]
    networks = settings.attack_detector or ATTACK_DETECTOR, SIGNS
    files += [MODELS / f"{name}{ending}" for name in networks for ending in (".json", ".safetensors")]
    states = [f"{path} {file_state(path)}" for path in files]
    return " ".join([settings.text(), device_choice().value, str(card.sha256), *states])


def _judge(settings: BatchSettings, workers: int) -> FileJudge:
    return FileJudge(settings, device=device_choice().value, sharing=workers)


def _limits(settings: BatchSettings) -> FileLimits:
    return FileLimits(
        QUEUE_EXPLAINED_FILE_S if settings.attack or settings.maps or settings.signature else QUEUE_FILE_S
    )

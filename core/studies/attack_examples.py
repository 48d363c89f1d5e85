"""Make faces as they are and attacked, with their maps, and keep each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .. import explain, pipeline
from ..attack_detectors import AttackDetector
from ..attack_detectors.base import scale_map
from ..detectors import Detector
from ..detectors.architectures.layers import Resize
from ..media.images import decode_png, encode_png, to_tensor
from ..storage.files import atomic_write
from ..types import Array, InputError, Settings, Target
from .base import StudyContext
from .people_media import PeopleSplit, crops_of_medium

CLEAN = "clean"
TARGET: Target = "margin"
FIRST = 2  # media of each lane that are made whatever the minutes say


@dataclass(frozen=True, slots=True, eq=False)
class TriedAttack:
    """Hold an attack of a study.

    key: of its files; name: in the registry; settings; evaded: the attack detector that it evades, where it does.
    """

    key: str
    name: str
    settings: Settings
    evaded: AttackDetector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ExampleLane:
    """Hold what examples are made of.

    folder: of what is kept; detector: attacked and explained; media: of one split; attacks: on each forgery; maps: of
    each face, by name; wanted: media with a forgery that is predicted fake; frames: of a video; side: pixels of kept
    maps; seed: of attacks and maps; pace: media in each round.
    """

    folder: Path
    detector: Detector
    media: PeopleSplit
    attacks: tuple[TriedAttack, ...]
    maps: tuple[str, ...]
    wanted: int
    frames: int
    side: int
    seed: int
    pace: int = 1

    def kinds(self) -> tuple[str, ...]:
        """List what is kept of each medium."""
        return (CLEAN, *(attack.key for attack in self.attacks))


@dataclass(frozen=True, slots=True, eq=False)
class FaceBlock:
    """Hold the faces of a medium.

    crops: (H, W, 3) uint8 each; fake: (K,) bool, whether each is predicted fake.
    """

    crops: tuple[Array, ...]
    fake: Array


@dataclass(slots=True, eq=False)
class LaneExamples:
    """Hold the examples of a lane so far.

    numbers: of the media with examples; tried: how many media were looked at; faces: attacked ones, or untouched ones
    where nothing attacks.
    """

    lane: ExampleLane
    numbers: list[int] = field(default_factory=list)
    tried: int = 0
    faces: int = 0

    def whole(self) -> bool:
        """Tell whether all that is wanted is there, or no medium is left."""
        return len(self.numbers) >= self.lane.wanted or self.tried >= len(self.lane.media.forged)

    def blocks(self, kind: str) -> list[FaceBlock]:
        """Read the faces of each medium."""
        blocks = [_kept(self.lane, number, kind) for number in self.numbers]
        return [block for block in blocks if block is not None]

    def crops(self, kind: str) -> Tensor:
        """Read crops (N, 3, side, side) in [0, 1] as float16."""
        shrink = Resize(self.lane.side)
        return torch.cat([shrink(to_tensor(crop)).half() for block in self.blocks(kind) for crop in block.crops])

    def maps(self, kind: str, name: str) -> Tensor:
        """Read scaled maps (N, 1, side, side) as float16."""
        paths = (_map_file(self.lane, number, kind, name) for number in self.numbers)
        return torch.cat([torch.from_numpy(np.load(path, allow_pickle=False)) for path in paths])[:, None]


def collect_examples(context: StudyContext, lanes: Sequence[ExampleLane]) -> list[LaneExamples]:
    """Make the examples of all lanes in turn, until the minutes are over.

    What was kept is not made again. Raises `InputError` where a lane finds no forgery that its detector calls fake.
    """
    found = [LaneExamples(lane) for lane in lanes]
    steps = context.progress.counter(sum(lane.wanted for lane in lanes), "Attacking and explaining faces")
    left = list(found)
    while left:
        for one in list(left):
            for _ in range(one.lane.pace):
                may_compute = len(one.numbers) < FIRST or not context.out_of_time()
                if one.whole() or not (may_compute or _is_kept(one.lane, one.tried)):
                    left.remove(one)
                    break
                before = len(one.numbers)
                _next(context, one)
                steps.step(len(one.numbers) - before)
    for one in found:
        if not one.numbers:
            raise InputError(
                f"{one.lane.detector.name} calls none of {one.tried} forgeries fake: there is nothing to attack"
            )
    return found


def _next(context: StudyContext, one: LaneExamples) -> None:
    """Make the examples of the next medium."""
    lane, number = one.lane, one.tried
    context.progress.check_stop()
    clean = _kept(lane, number, CLEAN)
    forged: list[Array] | None = None
    if clean is None:
        forged = forged_crops(lane, number)
        clean = _clean(lane, number, forged)
        _keep(lane, number, CLEAN, clean)
    one.tried += 1
    if not clean.crops:
        return
    _explain(lane, number, CLEAN, clean)
    faces = len(clean.crops)
    for attack in lane.attacks:
        context.progress.check_stop()
        block = _kept(lane, number, attack.key)
        if block is None:
            forged = forged_crops(lane, number) if forged is None else forged
            block = _attacked(lane, attack, forged)
            _keep(lane, number, attack.key, block)
        _explain(lane, number, attack.key, block)
        faces = len(block.crops)
    one.numbers.append(number)
    one.faces += faces


def forged_crops(lane: ExampleLane, number: int) -> list[Array]:
    """Crop the faces of a forgery that are predicted fake."""
    crops = crops_of_medium(lane.media.forged[number], lane.frames)
    verdicts = lane.detector.verdicts(crops) if crops else []
    return [crop for crop, verdict in zip(crops, verdicts, strict=True) if verdict.label == "fake"]


def _clean(lane: ExampleLane, number: int, forged: list[Array]) -> FaceBlock:
    """Take as many untouched faces, of the forgery or of real media in turn.

    Real media without enough faces are followed by the next ones.
    """
    crops = forged
    if number % 2 and forged:
        crops, media = [], lane.media.real
        for place in range(len(media)):
            crops += crops_of_medium(media[(number // 2 + place) % len(media)], lane.frames)[: len(forged) - len(crops)]
            if len(crops) == len(forged):
                break
        if not crops:
            raise InputError(f"no face is found in {len(media)} real media: the study compares with untouched ones")
    fake = [verdict.label == "fake" for verdict in lane.detector.verdicts(crops)] if crops else []
    return FaceBlock(tuple(crops), np.asarray(fake, bool))


def _attacked(lane: ExampleLane, attack: TriedAttack, forged: list[Array]) -> FaceBlock:
    crops, fake = [], []
    for crop in forged:
        found = pipeline.attack(
            lane.detector, crop, attack.name, attack.settings, seed=lane.seed, attack_detector=attack.evaded
        )
        crops.append(pipeline.attacked_crop(found))
        fake.append(found.after.label == "fake")
    return FaceBlock(tuple(crops), np.asarray(fake, bool))


def _explain(lane: ExampleLane, number: int, kind: str, block: FaceBlock) -> None:
    """Make the missing maps of a medium's faces, scaled and shrunk."""
    missing = [name for name in lane.maps if not _map_file(lane, number, kind, name).is_file()]
    if not missing:
        return
    shrink, found = Resize(lane.side), [face_maps(lane.detector, crop, missing, seed=lane.seed) for crop in block.crops]
    for place, name in enumerate(missing):
        scaled = [shrink(scale_map(torch.from_numpy(maps[place])[None, None]))[0, 0] for maps in found]
        buffer = io.BytesIO()
        np.save(buffer, torch.stack(scaled).half().numpy())
        atomic_write(_map_file(lane, number, kind, name), buffer.getvalue())


def face_maps(detector: Detector, crop: Array, names: Sequence[str], *, seed: int) -> list[Array]:
    """Compute raw maps (H, W) of a crop, which share passes.

    Args:
        detector: explained.
        crop: (H, W, 3) uint8.
        names: of the maps.
        seed: of their random numbers.
    """
    _, found = explain.run_all(names, detector, crop, target=TARGET, seed=seed, quality=False)
    return [one.map for one in found]


def _file(lane: ExampleLane, number: int, kind: str) -> Path:
    return lane.folder / f"{number:05}" / f"{kind}.npz"


def _map_file(lane: ExampleLane, number: int, kind: str, name: str) -> Path:
    return lane.folder / f"{number:05}" / f"{kind}.{name}.{lane.side}.npy"


def _is_kept(lane: ExampleLane, number: int) -> bool:
    """Tell whether all of a medium is there."""
    clean = _kept(lane, number, CLEAN)
    if clean is None or not clean.crops:
        return clean is not None
    maps = [_map_file(lane, number, kind, name) for kind in lane.kinds() for name in lane.maps]
    files = [_file(lane, number, attack.key) for attack in lane.attacks]
    return all(path.is_file() for path in (*maps, *files))


def _kept(lane: ExampleLane, number: int, kind: str) -> FaceBlock | None:
    """Read faces; None where they are missing or not whole."""
    try:
        with np.load(_file(lane, number, kind), allow_pickle=False) as arrays:
            fake = arrays["fake"]
            return FaceBlock(tuple(decode_png(arrays[f"png{i}"].tobytes()) for i in range(len(fake))), fake)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, InputError):
        return None


def _keep(lane: ExampleLane, number: int, kind: str, block: FaceBlock) -> None:
    buffer, path = io.BytesIO(), _file(lane, number, kind)
    pictures = {f"png{i}": np.frombuffer(encode_png(crop), np.uint8) for i, crop in enumerate(block.crops)}
    np.savez(buffer, fake=block.fake, **pictures)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, buffer.getvalue())

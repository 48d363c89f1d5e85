"""Make a paper figure from files: a face of each, attacked, with maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import pipeline
from ..attacks import ATTACKS
from ..detectors import DEFAULT, Detector
from ..explain import EXPLAINERS
from ..faces.detection import find_faces
from ..media.open import evenly_spaced
from ..output.figure_record import Method, Row
from ..output.paper import PaperLayout
from ..output.paper.page_layout import FONTS, check_size
from ..output.paper.typography import check_glyphs
from ..output.text import TARGETS
from ..progress import NO_PROGRESS, Progress
from ..types import Attribution, InputError, JudgedFace, Media, Settings, StopRequested, Target
from .print_figure import Print, pairs

MAX_NAME = 80  # signs of a face's name
FRAMES = 16  # of a video that are searched for a face, where no frame is given: those that `analyse` judges


@dataclass(frozen=True, slots=True)
class FigureRequest:
    """Say what is shown of the files.

    frame: of videos, from 0; face: in it, from 1; None: the first that can be judged.
    names: of the faces, one a file; without them "clean" for one file, the files' names for more.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...] = ()
    frame: int | None = None
    face: int | None = None

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.files):
            raise InputError(
                f"each file has a name or none has: {len(self.files)} file(s) and {len(self.names)} name(s) came"
            )
        if long := next((name for name in self.names if len(name) > MAX_NAME), None):
            raise InputError(f"a name in the figure has up to {MAX_NAME} signs; what came has {len(long)}")
        if self.face is not None and self.face < 1:
            raise InputError(f"faces are counted from 1; what came is {self.face}")

    def name(self, number: int) -> str:
        """Return the name of a file's face."""
        stem = self.files[number].stem
        usual = "clean" if len(self.files) == 1 else stem if len(stem) <= MAX_NAME else f"{stem[: MAX_NAME - 3]}..."
        return self.names[number] if self.names else usual

    def attacked_name(self, number: int, attack: str) -> str:
        """Return its name under an attack.

        For one file "attacked, PGD", or "PGD" below a given name.
        """
        if len(self.files) == 1:
            return attack if self.names else f"attacked, {attack}"
        return f"{self.name(number)}, {attack}"


def from_files(
    request: FigureRequest,
    maps: Sequence[str],
    layout: PaperLayout,
    *,
    detector: str | None = None,
    attacks: Mapping[str, Settings] | None = None,
    map_settings: Mapping[str, Settings] | None = None,
    target: Target = "margin",
    seed: int = 0,
    difference: bool = True,
    metric: str = "own",
    progress: Progress = NO_PROGRESS,
) -> Print:
    """Make the figure of a face of each file, attacked if predicted fake.

    Args:
        request: the files, and which face of each.
        maps: names of the maps, at least one.
        layout: of the figure.
        detector: its name; None is the default one.
        attacks: settings by the attack's name.
        map_settings: settings by the map's name.
        target: what the maps explain.
        seed: of attacks and maps.
        difference: whether a face and its adversarial version are followed by their difference.
        metric: the quality metric under each map: own, none, or its name.
        progress: told each attacked face, then each face's maps; a stop raises `StopRequested`.
    """
    if not maps:
        raise InputError("a figure needs at least one map")
    if target not in TARGETS:
        raise InputError(f"what maps explain is one of {', '.join(TARGETS)}; what came is {target!r}")
    check_glyphs("".join(request.name(number) for number in range(len(request.files))), face=FONTS[layout.font])
    if not layout.transposed:
        check_size(len(maps) + 1, len(request.files), layout)
    judge = pipeline.load_detector(detector or DEFAULT)
    rows = _rows(judge, request, attacks or {}, seed, progress)
    layout = replace(layout, differences=pairs(rows) if difference else ())
    across, down = len(maps) + 1, len(rows) + len(layout.differences)
    check_size(*((down, across) if layout.transposed else (across, down)), layout)
    of_maps = {name: (map_settings or {}).get(name, {}) for name in maps}
    return Print(judge, rows, _maps(judge, rows, of_maps, target, seed, progress), layout, metric=metric)


def _rows(
    detector: Detector, request: FigureRequest, attacks: Mapping[str, Settings], seed: int, progress: Progress
) -> list[Row]:
    """Collect a face of each file, with its adversarial versions."""
    faces = [_face(pipeline.open_media(file), detector, request) for file in request.files]
    rows: list[Row] = []
    for number, (media, item) in enumerate(faces):
        assert item.verdict
        clean, name = len(rows), request.name(number)
        rows.append(Row(name, item.face.crop, item.verdict, item.face, media))
        for attack, settings in attacks.items() if item.verdict.label == "fake" else ():
            title = ATTACKS[attack].title
            progress.check_stop()
            progress.emit(f"{name}: {title}")
            result = pipeline.attack(detector, item.face.crop, attack, settings, seed=seed)
            crop = pipeline.attacked_crop(result)
            rows.append(Row(request.attacked_name(number, title), crop, result.after, item.face, media, result, clean))
    if attacks and len(rows) == len(faces):
        raise InputError(
            f"no face here has the larger output “manipulated” by {detector.name}, so there is none to put an attack on"
        )
    return rows


def _maps(
    detector: Detector,
    rows: Sequence[Row],
    maps: Mapping[str, Settings],
    target: Target,
    seed: int,
    progress: Progress,
) -> list[Method]:
    found: list[dict[str, Attribution]] = []
    for row in rows:
        progress.emit(f"{row.name}: {', '.join(EXPLAINERS[name].title for name in maps)}")
        here = progress.nested(len(found) * len(maps), len(rows) * len(maps), "Maps")
        made = pipeline.explain_all(detector, row.crop, maps, target=target, seed=seed, progress=here)
        if len(made) < len(maps):
            raise StopRequested
        found.append({one.method: one for one in made})
    return [Method(tuple(one[name] for one in found), seed, tuple(one[name].quality for one in found)) for name in maps]


def _face(media: Media, detector: Detector, request: FigureRequest) -> tuple[Media, JudgedFace]:
    """Detect the requested face of a medium; raise `InputError` where none can be judged."""
    frame, face = request.frame, request.face
    if frame is not None and not 0 <= frame < media.frames:
        raise InputError(f"{media.name} has the frames 0 to {media.frames - 1}; what came is {frame}")
    wanted = evenly_spaced(media.frames, FRAMES) if frame is None else (frame,)
    most, reason = 0, None
    for index, image in media.source.read(wanted):
        found = find_faces(image, index=index)
        most = max(most, len(found))
        for one in found if face is None else found[face - 1 : face]:
            item = pipeline.judge(detector, one)
            if item.verdict:
                return media, item
            reason = reason or item.reason
    where = media.name if frame is None else f"frame {frame} of {media.name}"
    if reason:
        raise InputError(f"{where}: {reason}")
    if most:
        raise InputError(f"{where} has {most} face(s); what came is face {face}")
    raise InputError(f"no face was found in {where}, so there is nothing to make a figure of")

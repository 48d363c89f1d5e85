"""Prepare the study of Pinhasov et al.: detectors, people, attacks and what is finetuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..attack_detectors import AttackDetector
from ..attacks import ATTACKS
from ..detectors import Detector
from ..pipeline import load_detector
from ..types import InputError, content_id
from ..types.study_tables import StudyCell
from . import pinhasov_paper as paper
from .attack_examples import ExampleLane, LaneExamples, TriedAttack, collect_examples
from .base import StudyContext
from .detect_backbones import BACKBONES
from .detect_training import TRAINED_ON, Finetuning, finetuned
from .people_media import PeopleMedia, read_people

VERSION, PRESET = "2", "pinhasov2024"  # of what is kept: raise it when attacks, maps or order change
TRAIN_PACE = 3  # media to learn from, made for each to test on
EXAMPLES_SHARE = {True: 0.8, False: 0.5}  # of the minutes, before a head alone, or a whole network, is finetuned
ALL = "all"


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """Hold the settings of the study.

    detectors, maps: names joined by commas; backbone: of `BACKBONES`; train, test: media; frames: of a video; steps,
    passes: see `Finetuning`; adaptive_map: that tables 6 and 7 are of.
    """

    detectors: str
    maps: str
    backbone: str
    train: int
    test: int
    frames: int
    steps: int
    passes: int
    adaptive_map: str


@dataclass(frozen=True, slots=True, eq=False)
class DetectStudy:
    """Hold what every table begins with."""

    context: StudyContext
    given: DetectSettings
    detectors: tuple[Detector, ...]
    media: PeopleMedia
    maps: tuple[str, ...]

    def lane(self, detector: Detector, split: str, attacks: Sequence[TriedAttack], maps: Sequence[str]) -> ExampleLane:
        """Plan the examples of a split against a detector.

        Args:
            detector: attacked and explained.
            split: "train" or "test".
            attacks: on each forgery.
            maps: of each face, by name.
        """
        given, seed = self.given, self.context.seed
        key = content_id(VERSION, self.media.sha256, str(detector.version), str(given.frames), str(seed))[:16]
        learn = split == "train"
        return ExampleLane(
            self.context.cache / key / split,
            detector,
            self.media.train if learn else self.media.test,
            tuple(attacks),
            tuple(maps),
            given.train if learn else given.test,
            given.frames,
            BACKBONES[given.backbone].size,
            seed,
            TRAIN_PACE if learn else 1,
        )

    def collect(self, lanes: Sequence[ExampleLane], *, share: float = 1.0) -> list[LaneExamples]:
        """Make examples in a share of the minutes. In all of them while no lane to learn from is whole."""
        minutes = self.context.minutes
        own = self.context if minutes is None else replace(self.context, minutes=share * minutes)
        found = collect_examples(own, lanes)
        learned = [one for one in found if one.lane.media is self.media.train]
        return collect_examples(self.context, lanes) if learned and not any(one.whole() for one in learned) else found

    def finetuning(self, name: str, *, head_only: bool) -> Finetuning:
        """Tell how an attack detector on a map is finetuned."""
        return Finetuning(head_only, name, self.given.backbone, self.given.steps, self.given.passes)

    def settings(self) -> dict[str, StudyCell]:
        """Return the settings of the study, as a table says them."""
        attacks: dict[str, StudyCell] = {}
        for name in paper.ATTACKS:
            said = ATTACKS[name].settings(ATTACKS[name].facts.presets[PRESET])
            attacks[ATTACKS[name].title] = ", ".join(
                f"{key} {f'{value * 255:.4g}/255' if key in ('eps', 'alpha') else value}" for key, value in said.items()
            )
        return {
            "seed": self.context.seed,
            "minutes": self.context.minutes,
            "detectors": ", ".join(one.name for one in self.detectors),
            "detectors sha256": ", ".join(str(one.card.sha256)[:12] for one in self.detectors),
            "maps": ", ".join(self.maps),
            "backbone": self.given.backbone,
            "frames of a video": self.given.frames,
            "people to learn from": self.media.train.people,
            "people to test on": self.media.test.people,
            "people told apart": self.media.how,
            **attacks,
            "data sha256": self.media.sha256,
        }


@dataclass(frozen=True, slots=True, eq=False)
class DetectExamples:
    """Hold the examples of each detector, and attack detectors by detector and map.

    A judge is None where the minutes were over before it was trained, or all that it learns from was attacked.
    """

    train: tuple[LaneExamples, ...]
    test: tuple[LaneExamples, ...]
    judges: Mapping[tuple[int, str], AttackDetector | None]

    @property
    def n(self) -> int:
        """Return how many faces each attack is tested on, over all detectors."""
        return sum(one.faces for one in self.test)

    def judges_of(self, place: int) -> dict[str, AttackDetector | None]:
        """Return the attack detectors of a detector, by map."""
        return {name: judge for (at, name), judge in self.judges.items() if at == place}


def paper_attacks() -> tuple[TriedAttack, ...]:
    """Return the paper's attacks with its settings."""
    return tuple(TriedAttack(name, name, ATTACKS[name].facts.presets[PRESET]) for name in paper.ATTACKS)


def prepare_study(context: StudyContext, given: DetectSettings) -> DetectStudy:
    """Load the detectors and read the people; refuse unknown names."""
    maps = tuple(paper.MAPS) if given.maps == ALL else _names("maps", given.maps)
    if unknown := [name for name in (*maps, given.adaptive_map) if name not in paper.MAPS]:
        raise InputError(f"maps are {ALL}, or some of {', '.join(paper.MAPS)}; what came is {', '.join(unknown)}")
    detectors = tuple(load_detector(name) for name in _names("detectors", given.detectors))
    return DetectStudy(context, given, detectors, read_people(context.data, seed=context.seed), maps)


def _names(what: str, text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    if not found:
        raise InputError(f"{what} are names joined by commas; what came is {text!r}")
    return found


def detect_examples(study: DetectStudy, *, head_only: bool, maps: Sequence[str] | None = None) -> DetectExamples:
    """Make the examples of all detectors, and finetune an attack detector on each map.

    Args:
        study: as prepared.
        head_only: whether backbones stay as they are.
        maps: of the study, if not all.
    """
    chosen = tuple(maps or study.maps)
    attacks = paper_attacks()
    learned = [attack for attack in attacks if attack.key == TRAINED_ON]
    lanes = [
        lane
        for one in study.detectors
        for lane in (study.lane(one, "train", learned, chosen), study.lane(one, "test", attacks, chosen))
    ]
    found = study.collect(lanes, share=EXAMPLES_SHARE[head_only])
    train, test = tuple(found[::2]), tuple(found[1::2])
    return DetectExamples(train, test, finetune_judges(study, train, chosen, head_only=head_only))


def finetune_judges(
    study: DetectStudy, train: Sequence[LaneExamples], maps: Sequence[str], *, head_only: bool
) -> dict[tuple[int, str], AttackDetector | None]:
    """Finetune an attack detector for each detector and map that has all its examples.

    A training on fewer faces would be another one, of no use to the next run. The first one is finetuned whatever the
    minutes say.

    Args:
        study: as prepared.
        train: examples to learn from, of each detector.
        maps: by name.
        head_only: whether backbones stay as they are.
    """
    judges: dict[tuple[int, str], AttackDetector | None] = {}
    for name in maps:
        for place, examples in enumerate(train):
            asked, first = study.finetuning(name, head_only=head_only), not any(judges.values())
            judges[place, name] = finetuned(study.context, asked, examples, first=first) if examples.whole() else None
    return judges

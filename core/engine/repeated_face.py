"""Attack the face of a page's record again, and make its maps again."""

from __future__ import annotations

from dataclasses import dataclass

from .. import pipeline
from ..attacks import AttackCallbacks
from ..cases.chain import Json
from ..cases.replay import PageRecord
from ..detectors import Detector
from ..types import Array, AttackResult, Attribution, Face, Media
from .results import ResultKey, ResultStore


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedFace:
    """Hold a face that a record is about, found again.

    frames: how many of the file were searched; store: what was made of the file's faces before.
    """

    kept: PageRecord
    detector: Detector
    media: Media
    face: Face
    frames: int
    store: ResultStore

    @property
    def stop_at(self) -> float | None:
        """Return the score at which the attack was to stop."""
        how = self._how()
        return None if how is None else how["stop_at"]

    def attacked(self) -> AttackResult | None:
        """Attack it as its record says; the same attack is run once."""
        if (how := self._how()) is None:
            return None
        asked, seed = dict(how["settings"]), int(how["seed"])
        callbacks = AttackCallbacks(stop_confidence=how["stop_at"])
        key: ResultKey[AttackResult]
        key = ResultKey("attack", self.face.id, self.detector.version, str(how["attack"]))
        return self.store.get_or_make(
            key.with_settings({**asked, "stop_at": how["stop_at"]}, seed),
            lambda: pipeline.attack(self.detector, self.face.crop, key.method, asked, seed=seed, callbacks=callbacks),
        )

    def crops(self) -> dict[str, Array]:
        """Return the face as it came, "clean", and if it was attacked, "attacked"."""
        attack = self.attacked()
        return {"clean": self.face.crop} | ({"attacked": pipeline.attacked_crop(attack)} if attack else {})

    def maps(self) -> dict[str, dict[str, Attribution]] | None:
        """Make maps by method, then by "clean" or "attacked"; each is made once.

        None of a face whose attack somebody stopped.
        """
        made = self.kept.settings["made_with"] if "made_with" in self.kept.settings else self.kept.results["maps"]
        crops = self.crops()
        if "attacked" not in crops and any("attacked" in sides for sides in made.values()):
            return None
        return {
            method: {side: self._map(crops[side], side, method, one) for side, one in sides.items()}
            for method, sides in made.items()
        }

    def _map(self, crop: Array, side: str, method: str, one: Json) -> Attribution:
        asked, target, seed = one["settings"], one["target"], int(one["seed"])
        attack = self.attacked() if side == "attacked" else None
        key: ResultKey[Attribution]
        key = ResultKey("map", attack.id if attack else self.face.id, self.detector.version, method)
        return self.store.get_or_make(
            key.with_settings({**asked, "target": target}, seed),
            lambda: pipeline.explain_crop(self.detector, crop, method, asked, target=target, seed=seed),
        )

    def _how(self) -> Json | None:
        """Return what the attack can be made again with.

        Records of one attack say it among their settings; others under "attack", which is null without one.
        """
        settings = self.kept.settings
        found: Json | None = settings if isinstance(settings["attack"], str) else settings["attack"]
        return found

"""The least attack: levels from below, the first that turns the band, and the teacher's story from it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from recorded_progress import RecordedProgress

from core import pipeline
from core.attacks import AttackCallbacks
from core.detectors import Detector
from core.media.images import encode_png
from core.media_attack import smallest_epsilon
from core.media_attack import teaching_story as story
from core.types import Array, InputError, UnknownName

FAKE = "Likely manipulated"


def attacks_of(bands: dict[int, str], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have each level end in a band; the levels that were tried."""
    tried: list[int] = []

    def attack(detector: Any, crop: Any, name: str, settings: dict[str, Any], **_: Any) -> Any:
        tried.append(round(settings["eps"] * 255))
        band = bands.get(tried[-1], FAKE)
        return SimpleNamespace(
            after=SimpleNamespace(band=band), success=band != "Likely manipulated", eps=tried[-1], stopped=False
        )

    monkeypatch.setattr(smallest_epsilon, "attack", attack)
    return tried


def test_the_first_level_that_turns_the_band_ends_the_search(monkeypatch: pytest.MonkeyPatch, crop: Array) -> None:
    tried = attacks_of({2: "Inconclusive", 4: "Likely not manipulated", 8: "Likely not manipulated"}, monkeypatch)
    progress = RecordedProgress()
    found: Any = smallest_epsilon.attack_at_smallest_epsilon(SimpleNamespace(), crop, progress=progress)  # type: ignore[arg-type]
    assert (found.eps, tried) == (4, [1, 2, 4])


def test_else_the_first_that_changes_the_label_counts(monkeypatch: pytest.MonkeyPatch, crop: Array) -> None:
    tried = attacks_of({4: "Inconclusive", 8: "Inconclusive", 16: "Inconclusive"}, monkeypatch)
    found: Any = smallest_epsilon.attack_at_smallest_epsilon(SimpleNamespace(), crop)  # type: ignore[arg-type]
    assert (found.eps, tried) == (4, [1, 2, 4, 8, 16])
    attacks_of({}, monkeypatch)
    found = smallest_epsilon.attack_at_smallest_epsilon(SimpleNamespace(), crop, levels=(1, 2))  # type: ignore[arg-type]
    assert found.eps == 2


def test_an_attack_that_was_stopped_ends_the_search_and_is_kept(monkeypatch: pytest.MonkeyPatch, crop: Array) -> None:
    band = SimpleNamespace(band="Likely manipulated")
    stopped = SimpleNamespace(after=band, success=False, stopped=True)
    monkeypatch.setattr(smallest_epsilon, "attack", lambda *_, **__: stopped)
    found: Any = smallest_epsilon.attack_at_smallest_epsilon(SimpleNamespace(), crop)  # type: ignore[arg-type]
    assert found is stopped


def test_other_settings_and_who_follows_are_handed_on(monkeypatch: pytest.MonkeyPatch, crop: Array) -> None:
    given: list[Any] = []

    def attack(*args: Any, **named: Any) -> Any:
        given.append((args[3], named["callbacks"]))
        return SimpleNamespace(after=SimpleNamespace(band="Likely not manipulated"), success=True, stopped=False)

    monkeypatch.setattr(smallest_epsilon, "attack", attack)
    callbacks = AttackCallbacks(stop_confidence=0.7, every=3)
    smallest_epsilon.attack_at_smallest_epsilon(SimpleNamespace(), crop, settings={"steps": 7}, callbacks=callbacks)  # type: ignore[arg-type]
    ((settings, followed),) = given
    assert settings == {"steps": 7, "eps": 1 / 255}
    assert (followed.stop_confidence, followed.every) == (0.7, 3)


def test_bad_input_is_a_sentence(random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match="one-pixel has no epsilon"):
        smallest_epsilon.attack_at_smallest_epsilon(random_detector, crop, method="one-pixel")
    with pytest.raises(InputError, match="levels of epsilon are 1 to 64"):
        smallest_epsilon.attack_at_smallest_epsilon(random_detector, crop, levels=(0,))
    with pytest.raises(UnknownName):
        smallest_epsilon.attack_at_smallest_epsilon(random_detector, crop, method="nothing")


def test_the_story_is_told_with_what_was_measured(random_detector: Detector, portrait: Array) -> None:
    media = pipeline.open_media(encode_png(portrait), "face.png")
    faces = story.story_faces(media, media, random_detector)
    assert faces.real.verdict
    assert np.array_equal(faces.real.face.crop, faces.forged.face.crop)
    why = story.story_map(faces.forged, random_detector)
    assert why.attribution.map.shape == faces.forged.face.crop.shape[:2]
    assert 0 < why.share <= 1
    nobody = pipeline.open_media(encode_png(np.full((300, 300, 3), 99, np.uint8)), "grey.png")
    with pytest.raises(InputError, match="grey.png has no face that is judged: no face was found"):
        story.story_faces(media, nobody, random_detector)

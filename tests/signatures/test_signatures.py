"""Signatures and attack detectors: the same file lands on the same point, and evidence is in the original space."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import pipeline
from core.attack_detectors import ATTACK_DETECTORS, load
from core.attack_detectors.base import scale_map
from core.detectors import Detector
from core.signatures import KINDS, ReferenceSet, load_reference_set, place, typical_distance
from core.types import Array, InputError, Signature
from core.types.model_card import ReferenceSetCard


@pytest.fixture
def reference() -> ReferenceSet:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 5)).astype(np.float32)
    kinds, attacks = np.arange(60) % 3, np.where(np.arange(60) % 3 == 2, 1, 0)
    places = values[:, :2].copy()
    card = ReferenceSetCard(name="made up", title="Made up", detector="none", kinds=KINDS, attacks=("none", "pgd"))
    return ReferenceSet(values, places, kinds, attacks, np.zeros((60, 4, 4)), typical_distance(values), card)


def test_a_reference_is_its_own_nearest_neighbour(reference: ReferenceSet) -> None:
    placed = place(reference, Signature("lrp-penultimate", reference.values[17], "x"))
    assert placed.neighbours[0].index == 17
    assert placed.neighbours[0].distance == 0
    assert placed.neighbours[0].kind == KINDS[17 % 3]
    assert placed.novelty == 0
    assert [n.distance for n in placed.neighbours] == sorted(n.distance for n in placed.neighbours)


def test_distances_are_euclidean_in_the_original_space(reference: ReferenceSet) -> None:
    values = np.asarray([0.1, -0.2, 0.3, 0, 1], np.float32)
    placed = place(reference, Signature("lrp-penultimate", values, "x"))
    expected = np.linalg.norm(reference.values - values, axis=1)
    assert [n.index for n in placed.neighbours] == list(np.argsort(expected)[:15])
    assert placed.neighbours[3].distance == pytest.approx(np.sort(expected)[3], rel=1e-5)
    low, high = reference.coordinates.min(0), reference.coordinates.max(0)
    assert (low <= placed.xy).all()
    assert (placed.xy <= high).all()


def test_the_same_face_lands_on_the_same_point(shipped: Detector, crop: Array) -> None:
    reference = load_reference_set()
    first, again = (pipeline.embed_signature(shipped, reference, crop) for _ in range(2))
    assert np.array_equal(first[0].values, again[0].values)
    assert first[1].xy == again[1].xy
    assert len(first[1].neighbours) == 15
    assert first[1].evidence == again[1].evidence


def test_the_shipped_reference_set_fits_its_card_and_size() -> None:
    from core.storage.paths import MODELS

    found = load_reference_set()
    counts = {len(part) for part in (found.values, found.coordinates, found.kinds, found.thumbnails)}
    assert counts == {found.card.signatures}
    assert (MODELS / found.card.file).stat().st_size <= 10 * 2**20
    assert set(found.kinds) == {0, 1, 2}
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("name", ATTACK_DETECTORS)
def test_an_attack_detector_reads_crop_and_map(name: str) -> None:
    model = ATTACK_DETECTORS[name].function().eval()
    crops, maps = torch.rand(2, 3, 90, 90), torch.randn(2, 1, 90, 90)
    with torch.inference_mode():
        out = model(crops, maps)
        assert out.shape == (2, 2)
        assert not torch.allclose(out, model(crops, maps * 0), atol=1e-7), "the map counts"
        assert not torch.allclose(out, model(crops * 0, maps), atol=1e-7), "the crop counts"


def test_the_attack_detector_wants_its_own_map(shipped: Detector, crop: Array) -> None:
    attack_detector = load()
    with pytest.raises(InputError, match="reads the map"):
        attack_detector.verdict(crop, pipeline.explain_crop(shipped, crop, "saliency"))


def test_maps_keep_their_sign_and_pattern() -> None:
    maps = torch.randn(3, 1, 20, 20) * torch.tensor([1e-6, 1, 1e6]).view(3, 1, 1, 1)
    scaled = scale_map(maps)
    assert scaled.abs().max() <= 1
    assert torch.equal(scaled.sign(), maps.sign())
    assert scaled.square().mean((1, 2, 3)).std() < 0.01
    assert not scale_map(torch.zeros(1, 1, 4, 4)).any()


def test_the_attack_detector_is_small() -> None:
    from core.storage.paths import MODELS

    assert (MODELS / load().card.file).stat().st_size <= 12 * 2**20

"""Every kind of signature: repeatable, finite, of one length, by what it says it reads, leaving the detector alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import pipeline
from core.detectors import Detector
from core.faces.regions import REGIONS, regions_of_crop
from core.signatures import SIGNATURES, reads_regions, signature
from core.signatures.map_pooling import grid_places, pool_map
from core.types import Array, InputError
from core.types.signature_parts import SignatureParts


@pytest.fixture(scope="module")
def regions(crop: Array) -> Array:
    found = regions_of_crop(crop)
    assert found is not None
    assert found.shape == crop.shape[:2]
    assert set(np.unique(found)) == set(range(len(REGIONS)))
    return found


def made(detector: Detector, crop: Array, regions: Array, *kinds: str) -> dict[str, Array]:
    found = pipeline.signatures_of(detector, crop, kinds or tuple(SIGNATURES), regions=regions)
    return {kind: one.values for kind, one in found.items()}


def parts(size: int = 16) -> SignatureParts:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2, 6)).astype(np.float32)
    maps = rng.normal(size=(2, size, size)).astype(np.float32)
    regions = rng.integers(0, len(REGIONS), (size, size)).astype(np.uint8)
    return SignatureParts(
        relevance=vectors[1], by_output=vectors, activation=vectors[0], lrp=maps[0], shap=maps[1], regions=regions
    )


def test_signatures_repeat_and_are_the_same_alone(random_detector: Detector, crop: Array, regions: Array) -> None:
    """All kinds at once, each by itself, and after another face: the values are the same; so is the detector."""
    torch.manual_seed(3)
    state, weights = torch.get_rng_state(), [one.clone() for one in random_detector.model.state_dict().values()]
    together = made(random_detector, crop, regions)
    other = made(random_detector, np.ascontiguousarray(crop[::-1, ::-1]), regions)
    for kind in SIGNATURES:
        alone = made(random_detector, crop, regions, kind)[kind]
        assert np.array_equal(alone, together[kind]), kind
        assert alone.dtype == np.float32
        assert alone.ndim == 1
        assert np.isfinite(alone).all()
        assert alone.shape == other[kind].shape
        assert not np.allclose(alone, other[kind]), f"{kind} tells two faces apart"
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(random_detector.model.state_dict().values(), weights, strict=True))
    modules = list(random_detector.model.modules())
    assert not any(one.training or one._forward_hooks or one._forward_pre_hooks for one in modules)
    assert not any(one.requires_grad or one.grad is not None for one in random_detector.model.parameters())


@pytest.mark.parametrize("kind", SIGNATURES)
def test_a_kind_reads_what_it_says_and_nothing_else(kind: str) -> None:
    facts, whole = SIGNATURES[kind].facts, parts()
    given = SignatureParts(**{name: whole.needed(name) for name in facts.reads})
    values = signature(given, of="x", kind=kind).values
    assert np.array_equal(values, signature(whole, of="x", kind=kind).values)
    if facts.scaled:
        assert np.abs(values).sum() == pytest.approx(1, abs=1e-5)
    with pytest.raises(InputError, match="was not computed"):
        signature(SignatureParts(), of="x", kind=kind)


@pytest.mark.parametrize("kind", SIGNATURES)
def test_the_length_does_not_depend_on_the_size_of_the_face(kind: str) -> None:
    assert signature(parts(9), of="x", kind=kind).values.shape == signature(parts(40), of="x", kind=kind).values.shape


@pytest.mark.parametrize("kind", SIGNATURES)
def test_where_nothing_counts_a_signature_is_zero(kind: str) -> None:
    nothing = SignatureParts(
        **{name: np.zeros_like(value) for name in SIGNATURES[kind].facts.reads for value in [parts().needed(name)]}
    )
    assert not signature(nothing, of="x", kind=kind).values.any()


def test_pooling_keeps_signs_apart_and_sums_to_one() -> None:
    values = np.asarray([[3, -1], [0, 4]], np.float32)
    pooled = pool_map(values, np.asarray([[0, 0], [1, 1]]), 2)
    assert pooled == pytest.approx(np.asarray([3, 4, -1, 0]) / 8)
    cells = grid_places(20, 33)
    assert np.array_equal(np.unique(cells), np.arange(64))
    assert cells[0, 0] == 0
    assert cells[-1, -1] == 63


@pytest.mark.parametrize("side", [5, 20])
def test_a_grid_has_its_cells_whatever_the_map_measures(side: int) -> None:
    small = SignatureParts(shap=np.ones((side, side), np.float32))
    assert signature(small, of="x", kind="shap-grid").values.shape == (128,)


def test_the_last_layer_knows_both_outputs(random_detector: Detector, crop: Array, regions: Array) -> None:
    """Their difference is what the penultimate layer's relevance of the margin is proportional to."""
    found = made(random_detector, crop, regions, "lrp-last-layer", "lrp-penultimate")
    real, fake = np.split(found["lrp-last-layer"].astype(np.float64), 2)
    margin = (fake - real) / np.abs(fake - real).sum()
    assert margin == pytest.approx(found["lrp-penultimate"], abs=1e-4)


def test_regions_are_sought_in_the_crop(
    random_detector: Detector, crop: Array, regions: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [kind for kind in SIGNATURES if reads_regions(kind)]
    assert kinds
    sought = pipeline.signatures_of(random_detector, crop, kinds[:1])[kinds[0]].values
    assert np.array_equal(sought, made(random_detector, crop, regions, kinds[0])[kinds[0]])
    monkeypatch.setattr(pipeline, "regions_of_crop", lambda _: None)
    with pytest.raises(InputError, match="regions of a face could not be found"):
        pipeline.signatures_of(random_detector, crop, kinds[:1])
    assert made(random_detector, crop, regions, "lrp-penultimate")


def test_parts_of_another_form_are_refused() -> None:
    with pytest.raises(InputError, match="relevance is 1-dimensional float32"):
        SignatureParts(relevance=np.zeros((1, 3), np.float32))
    with pytest.raises(InputError, match="regions is 2-dimensional uint8"):
        SignatureParts(regions=np.zeros((3, 3), np.int64))

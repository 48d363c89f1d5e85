"""Whether a face was attacked: signs, the network that joins them, and its answer in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import pipeline
from core.attack_detectors import AttackSigns, attack_signs, load_signs
from core.attack_detectors.attack_signs import ALIGNMENT_SIGNS, DENOISERS, NOISE_SIGNS, alignment_signs, noise_signs
from core.bench.timing import Counted
from core.detectors import Detector
from core.faces.detection import find_faces
from core.media.treatments import PLACEBOS, TREATMENTS, placebo
from core.types import Array, InputError
from core.types.attack_answer import ANSWERS, NO_SIGN, PROCESSED, SIGNS, UNDECIDED, AttackAnswer


def test_the_residual_of_a_planted_step_points_against_the_gradient(random_detector: Detector, crop: Array) -> None:
    """A step of 8/255 along the gradient, planted in a smooth face, is what the cosines see."""
    smooth = np.full_like(crop, 128) + (crop // 64)
    x = torch.from_numpy(smooth.transpose(2, 0, 1).copy())[None].float().div(255).requires_grad_()
    logits = random_detector.model(x)
    (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), x)
    step = np.sign(gradient[0].permute(1, 2, 0).numpy())
    down, up = (np.clip(smooth + sign * 8 * step, 0, 255).astype(np.uint8) for sign in (-1, 1))
    rng = np.random.default_rng(0)
    noisy = placebo(smooth, "signs", 8, rng)
    cosines = {
        name: alignment_signs(random_detector.model, image, random_detector.verdict(image).margin)[2::3].mean()
        for name, image in {"down": down, "up": up, "noise": noisy}.items()
    }
    assert cosines["down"] < cosines["noise"] < cosines["up"]
    assert cosines["down"] < -1 < 1 < cosines["up"], "in hundredths"


def test_signs_have_a_fixed_length_and_are_finite(random_detector: Detector) -> None:
    for image in (np.zeros((48, 60, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)):
        noise = noise_signs(image)
        alignment = alignment_signs(random_detector.model, image, 0.0)
        assert noise.shape == (NOISE_SIGNS,)
        assert alignment.shape == (ALIGNMENT_SIGNS,)
        assert np.isfinite(noise).all()
        assert np.isfinite(alignment).all()


@pytest.mark.parametrize("kind", PLACEBOS)
def test_a_placebo_keeps_to_its_size(kind: str, crop: Array) -> None:
    changed = placebo(crop, kind, 4, np.random.default_rng(0))
    difference = np.abs(changed.astype(int) - crop)
    assert changed.shape == crop.shape
    assert 0 < difference.max() <= 4


def test_unknown_placebos_are_refused(crop: Array) -> None:
    with pytest.raises(InputError, match="a placebo is one of signs"):
        placebo(crop, "waves", 4, np.random.default_rng(0))


def test_treatments_return_images(crop: Array) -> None:
    for kind, treat in TREATMENTS.items():
        image = treat(crop, np.random.default_rng(0))
        assert image.dtype == np.uint8, kind
        assert image.ndim == 3, kind


def test_a_clean_face_has_no_signs_and_an_attacked_one_has(shipped: Detector, attacked: tuple[Array, Array]) -> None:
    clean, changed = attacked
    assert pipeline.answer_attack(shipped, clean, shipped.verdict(clean)).label != SIGNS
    assert pipeline.answer_attack(shipped, changed, shipped.verdict(changed)).label == SIGNS


def test_an_answer_costs_one_pass_of_four_images_forward_and_back(
    shipped: Detector, forged: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict is given, and not computed again; together the copies give what each gives alone."""
    crop, passes = find_faces(forged)[0].crop, list[tuple[int, bool]]()
    verdict = shipped.verdict(crop)
    counted = Counted(shipped.model)
    counted.register_forward_hook(lambda _, x, y: passes.append((len(y), y.requires_grad)))
    signs = alignment_signs(counted, crop, verdict.margin)
    assert passes == [(len(DENOISERS), True)]
    assert (counted.forwards, counted.backwards) == (4, 4)
    alone = []
    for how in DENOISERS:
        monkeypatch.setattr(attack_signs, "DENOISERS", (how,))
        alone.append(alignment_signs(shipped.model, crop, verdict.margin)[1:])
    assert np.allclose(signs[1:], np.concatenate(alone), atol=1e-3)


def test_noise_of_an_attacks_size_is_not_called_an_attack(shipped: Detector, attacked: tuple[Array, Array]) -> None:
    noisy = placebo(attacked[0], "signs", 16, np.random.default_rng(0))
    answer = pipeline.answer_attack(shipped, noisy, shipped.verdict(noisy))
    assert answer.label == PROCESSED
    assert answer.perturbed > 0.5


def test_the_answer_of_another_detector_is_the_first_line_alone(random_detector: Detector, crop: Array) -> None:
    answer = pipeline.answer_attack(random_detector, crop, random_detector.verdict(crop))
    assert answer.carries is None
    assert answer.p_attacked is None
    assert "not for random" in answer.scope


def test_small_crops_are_refused(shipped: Detector) -> None:
    small = np.zeros((40, 60, 3), np.uint8)
    with pytest.raises(InputError, match="48 pixels and more; what came is 60 x 40"):
        pipeline.answer_attack(shipped, small, shipped.verdict(small))


@pytest.mark.parametrize(
    ("logits", "label"),
    [
        ((5, 5, 5), SIGNS),
        ((5, -5, -5), PROCESSED),
        ((5, -5, 5), PROCESSED),
        ((-5, -5, -5), NO_SIGN),
        ((5, 5, -0.5), UNDECIDED),
        ((5, -0.5, 5), UNDECIDED),
    ],
)
def test_words_follow_the_thresholds(logits: tuple[float, ...], label: str) -> None:
    signs = load_signs()
    assert AttackSigns(signs.network, signs.card)._label(torch.tensor(logits) + signs.network.thresholds) == label


def test_an_answer_is_checked() -> None:
    fine = AttackAnswer("name", NO_SIGN, 0.1, 0.2, 0.3, "scope")
    with pytest.raises(InputError, match=ANSWERS[0]):
        replace(fine, label="fine")
    with pytest.raises(InputError, match=r"carries lies in \[0, 1\]"):
        replace(fine, carries=1.5)


@pytest.fixture(scope="module")
def attacked(shipped: Detector, forged: Array) -> tuple[Array, Array]:
    """The forged portrait's face, clean and attacked by PGD at 8/255."""
    face = find_faces(forged)[0].crop
    result = pipeline.attack(shipped, face, "pgd", {"eps": 8 / 255, "steps": 10})
    return face, pipeline.attacked_crop(result)

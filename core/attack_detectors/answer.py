"""Answer whether a face was attacked: is it perturbed, and does that matter?"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import torch

from ..detectors import Detector
from ..storage.cards import load_weights, read_card
from ..types import Array, InputError, Verdict
from ..types.attack_answer import NO_SIGN, PROCESSED, SIGNS, UNDECIDED, AttackAnswer
from ..types.model_card import SignNetworkCard
from .attack_signs import alignment_signs, noise_signs
from .sign_network import SignNetwork

NAME = "attack-signs"
MIN_SIDE = 48  # pixels of a crop
DOUBT = 1.0  # of the logit below the threshold: there the answer is "Inconclusive"


@dataclass(frozen=True, slots=True, eq=False)
class AttackSigns:
    """Hold the trained network of signs with its card."""

    network: SignNetwork
    card: SignNetworkCard

    def fits(self, detector: Detector) -> bool:
        """Tell whether it was trained on these very weights of a detector."""
        return self.card.detector_sha256 == detector.card.sha256

    def answer(self, detector: Detector, crop: Array, verdict: Verdict) -> AttackAnswer:
        """Answer for one crop (H, W, 3) uint8 and the detector's verdict on it.

        Another detector than the one it was trained on gets the first line only, which knows no detector.
        """
        from scipy.special import expit  # here: it is slow to import

        if min(crop.shape[:2]) < MIN_SIDE:
            raise InputError(
                f"signs of an attack are looked for in crops of {MIN_SIDE} pixels and more; "
                f"what came is {crop.shape[1]} x {crop.shape[0]}"
            )
        noise = torch.from_numpy(noise_signs(crop)).float()[None]
        if not self.fits(detector):
            return self._alone(detector, noise)
        with detector.lock:
            alignment = alignment_signs(detector.model, crop, verdict.margin)
        with torch.inference_mode():
            found = self.network(noise, torch.from_numpy(alignment).float()[None])[0]
        perturbed, carries, attacked = expit(found.double().numpy()).tolist()
        return AttackAnswer(detector.name, self._label(found), perturbed, carries, attacked, self.card.scope)

    def _label(self, logits: torch.Tensor) -> str:
        perturbed, carries, attacked = (logits - self.network.thresholds).tolist()
        if attacked >= 0 and carries >= 0:
            return SIGNS
        if attacked >= -DOUBT and carries >= -DOUBT:
            return UNDECIDED
        return PROCESSED if perturbed >= 0 else NO_SIGN

    def _alone(self, detector: Detector, noise: torch.Tensor) -> AttackAnswer:
        from scipy.special import expit  # here: it is slow to import

        with torch.inference_mode():
            logit = float(self.network.perturbation(noise)[0])
        label = UNDECIDED if logit >= float(self.network.thresholds[0]) else NO_SIGN
        scope = (
            f"Only a perturbation is looked for: whether one carries the verdict was trained for "
            f"{self.card.detector}, not for {detector.name}."
        )
        return AttackAnswer(detector.name, label, float(expit(logit)), None, None, scope)


@functools.cache
def load_signs(*, folder: Path | None = None) -> AttackSigns:
    """Load the network of signs that ships, once a process; `InputError` as `detectors.load`."""
    card = read_card(NAME, SignNetworkCard, folder=folder)
    network = SignNetwork()
    network.load_state_dict(load_weights(NAME, card, folder=folder))
    return AttackSigns(network.eval().requires_grad_(False), card)

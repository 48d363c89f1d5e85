"""Train the attack detector on unattacked and PGD-attacked crops with their maps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional

from ..attack_detectors.base import scale_map
from ..attack_detectors.detect_resnet import SIZE, DetectResNet
from ..attacks import perturb
from ..attacks.engine.precision import bf16_is_faster
from ..detectors.architectures.layers import Resize
from ..detectors.detector import Detector
from ..detectors.networks.outputs import LogitSelector
from ..explain.base import output_and_gradient
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Settings, Target
from .training_faces import KINDS, FaceSet, degrade, load_faces, make_forgery
from .training_facts import AttackDetectorFacts

MAP = "input-x-gradient"
TARGET: Target = "margin"
BATCH = 16
VAL_FACES = 300  # at most
MAX_PASSES = 10  # over the training crops


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Hold training examples.

    crops: (N, 3, S, S) float16 in [0, 1]; maps: (N, 1, S, S) float16 in [-1, 1], scaled.
    attacked: (N,) bool; predicted_real: (N,) bool: whether the attack detector applies.
    """

    crops: Tensor
    maps: Tensor
    attacked: Tensor
    predicted_real: (
        Tensor  # (N,) bool: the deepfake detector calls the crop real, so the attack detector would be asked
    )

    def __len__(self) -> int:
        return len(self.attacked)


def crops_of(faces: FaceSet, indices: Array, *, seed: int) -> Iterator[Tensor]:
    """Yield batches of crops (N, 3, s, s) in [0, 1], half real and half forged.

    `s` varies; both halves are degraded alike.
    """
    for start in range(0, len(indices), BATCH):
        rng = np.random.default_rng([seed, start])
        side, images = int(rng.integers(120, 321)), []
        for i in indices[start : start + BATCH]:
            forged, mask, _ = make_forgery(faces, int(i), rng, kind=str(rng.choice(KINDS)))
            image = forged if rng.random() < 0.5 else faces.images[int(i)]
            (image,), _ = degrade([image], mask, rng)
            interpolation = cv2.INTER_AREA if side < image.shape[0] else cv2.INTER_CUBIC
            images.append(cv2.resize(image, (side, side), interpolation=interpolation).transpose(2, 0, 1))
        yield torch.from_numpy(np.stack(images).astype(np.float32)) / 255


def map_of(detector: Detector, crops: Tensor) -> tuple[Tensor, Tensor]:
    """Compute scaled Input x Gradient maps (N, 1, s, s), and whether crops are predicted real."""
    margin, gradient = output_and_gradient(LogitSelector(detector.model, TARGET), crops)
    return scale_map((crops * gradient).sum(1, keepdim=True)), margin[:, 0] <= 0


def examples(
    detector: Detector,
    faces: FaceSet,
    indices: Array,
    attack: str,
    settings: Sequence[Settings],
    *,
    seed: int,
    progress: Progress = NO_PROGRESS,
) -> Examples:
    """Make examples of each crop as it is and attacked, with maps.

    The attack is applied at the crop's own size and rounded to 8 bits, as in the pipeline.

    Args:
        detector: the one that is attacked.
        faces: to choose from.
        indices: (N,) of the faces.
        attack: its name.
        settings: one is drawn for each batch.
        seed: of crops and attacks.
        progress: told each face; a stop raises `StopRequested`.
    """
    shrink, parts, steps = Resize(SIZE), [], progress.counter(len(indices), "Attacking faces to train on")
    for number, clean in enumerate(crops_of(faces, indices, seed=seed)):
        given = settings[int(np.random.default_rng([seed, number]).integers(len(settings)))]
        attacked = perturb(detector.model, clean, attack, given, seed=seed + number)
        for crops, label in ((clean, False), (attacked, True)):
            maps, real = map_of(detector, crops)
            parts.append((shrink(crops).half(), shrink(maps).half(), torch.full((len(crops),), label), real))
        steps.step(len(clean))
    return Examples(*(torch.cat(part) for part in zip(*parts, strict=True)))


@torch.no_grad()
def p_attacked(model: nn.Module, data: Examples, *, black: bool = False) -> Array:
    """Compute the probability of "attacked" (N,); `black` sets the maps to zero.

    The latter is PGD-B of Pinhasov et al. 2024.
    """
    model.eval()
    out, device = [], next(model.parameters()).device
    for crops, maps in zip(data.crops.split(64), data.maps.split(64), strict=True):
        maps = maps.to(device).float() * (0 if black else 1)
        out.append(model(crops.to(device).float(), maps).softmax(1)[:, 1].cpu())
    found: Array = torch.cat(out).numpy()
    return found


def measures(model: nn.Module, data: Examples, *, black: bool = False) -> dict[str, float]:
    """Compute accuracy and AUC over all crops, and the accuracy where predicted real."""
    p, truth, scope = p_attacked(model, data, black=black), data.attacked.numpy(), data.predicted_real.numpy()
    right = (p >= 0.5) == truth
    return {
        "accuracy": float(right.mean()),
        "auc": float(roc_auc_score(truth, p)),
        "accuracy_called_real": float(right[scope].mean()),
        "n": len(truth),
        "n_called_real": int(scope.sum()),
    }


def _epoch(
    model: nn.Module, optimiser: torch.optim.Optimizer, data: Examples, rng: np.random.Generator, device: str
) -> float:
    model.train()
    total = 0.0
    order = torch.from_numpy(rng.permutation(len(data)))
    for chosen in order.split(32):
        crops, maps = data.crops[chosen].to(device).float(), data.maps[chosen].to(device).float()
        if rng.random() < 0.5:
            crops, maps = crops.flip(3), maps.flip(3)
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu" or bf16_is_faster(model)):
            logits = model(crops, maps)
        loss = functional.cross_entropy(logits.float(), data.attacked[chosen].to(device).long())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total += float(loss.detach()) * len(chosen)
    return total / len(data)


PGD_SETTINGS = [{"steps": steps, "alpha": alpha / 255} for steps in (5, 10, 20) for alpha in (2, 4)]


def train_attack_detector(
    detector: Detector,
    data: Path,
    *,
    minutes: float,
    seed: int = 0,
    faces: int = 1400,
    device: str = "cpu",
    progress: Progress = NO_PROGRESS,
) -> tuple[DetectResNet, AttackDetectorFacts]:
    """Train on PGD at 16/255, selected on val after each pass.

    Source: Pinhasov et al. 2024, section 4 (Adam, learning rate 0.001, cross entropy).
    Differs: PGD of 5, 10 or 20 steps of 2 or 4/255.

    Args:
        detector: the one that is attacked and explained.
        data: a folder with faces.jsonl.
        minutes: of training, examples included.
        seed: of every random choice.
        faces: number of training faces.
        device: "cpu" or "cuda".
        progress: told each pass; a stop raises `StopRequested`.
    """
    torch.manual_seed(seed)
    started, rng = time.monotonic(), np.random.default_rng(seed)
    train_faces, val_faces = load_faces(data, "train"), load_faces(data, "val")
    chosen, some = rng.permutation(len(train_faces.images))[:faces], np.arange(min(VAL_FACES, len(val_faces.images)))
    train = examples(detector, train_faces, chosen, "pgd", PGD_SETTINGS, seed=seed, progress=progress)
    progress.emit(f"{len(train)} training crops after {(time.monotonic() - started) / 60:.1f} minutes")
    val = examples(detector, val_faces, some, "pgd", PGD_SETTINGS, seed=seed + 1, progress=progress.quiet())
    model = DetectResNet().to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    best, best_state, epoch = -1.0, model.state_dict(), 0
    while epoch < 3 or (epoch < MAX_PASSES and time.monotonic() - started < minutes * 60):
        loss, epoch = _epoch(model, optimiser, train, rng, device), epoch + 1
        found = measures(model, val)
        progress.tell(epoch, MAX_PASSES, "Training the attack detector, passes")
        progress.emit(f"pass {epoch}: loss {loss:.4f}, val accuracy {found['accuracy']:.4f}, AUC {found['auc']:.4f}")
        if found["accuracy"] > best:
            best, best_state = found["accuracy"], {k: v.clone() for k, v in model.state_dict().items()}
        progress.check_stop()
    model.load_state_dict(best_state)
    minutes_taken = round((time.monotonic() - started) / 60, 1)
    return model.cpu().eval(), AttackDetectorFacts(seed, epoch, minutes_taken, len(train), measures(model, val))

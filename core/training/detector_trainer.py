"""Train the default detector on blended faces with mask supervision; resumable at any moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from ..detectors.architectures.blend_resnet import TOP, WIDTHS, BlendResNet
from ..storage.files import atomic_path
from ..types import Array
from .training_faces import FaceSet, ForgedPairs, fixed_forgeries, load_faces

PEAK, WARM_PEAK = 1e-3, 4e-4  # learning rates, from scratch and from weights that are given
PAIRS = 32  # (real, forged) pairs a step
WARM_UP = 100_000  # pairs over which a run from scratch goes from coarse forgeries to fine ones


class Supervised(nn.Module):
    """Add two dense heads to the detector: mask logits at strides 16 and 32.

    13 x 13 and 7 x 7.
    """

    def __init__(self) -> None:
        super().__init__()
        self.detector = BlendResNet()
        self.dense = nn.Conv2d(WIDTHS[-1], 1, 1)
        self.coarse = nn.Conv2d(TOP, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (N, 3, S, S) in [0, 1] to logits (N, 2) and two mask logits.

        Mask logits are (N, 1, s, s); at the size given.
        """
        detector = self.detector
        features = detector.trunk(detector.normalize(x))
        last = detector.top(features)
        return detector.classifier(detector.flatten(detector.pool(last))), self.dense(features), self.coarse(last)


def loss_of(model: Supervised, real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Add cross entropy of the verdict and binary cross entropy of both masks.

    Args:
        model: in training mode.
        real: (N, 3, S, S) uint8.
        fake: (N, 3, S, S) uint8.
        mask: (N, 1, s, s) in [0, 1].
    """
    images = torch.cat([real, fake]).float().div_(255).contiguous(memory_format=torch.channels_last)
    logits, *dense = model(images)
    target = torch.cat([torch.zeros_like(mask), mask])
    labels = torch.arange(2, device=mask.device).repeat_interleave(len(mask))
    loss = functional.cross_entropy(logits.float(), labels, label_smoothing=0.02)
    for scale in dense:
        goal = functional.adaptive_avg_pool2d(target, scale.shape[-2:])
        loss = loss + functional.binary_cross_entropy_with_logits(scale.float(), goal)
    return loss


@torch.no_grad()
def p_fake(model: nn.Module, images: Array, *, device: str, batch: int = 64) -> Array:
    """Compute the probability of "fake" (N,) for (N, S, S, 3) uint8.

    Args:
        model: to two logits.
        images: (N, S, S, 3) uint8.
        device: "cpu" or "cuda".
        batch: images a pass.
    """
    model.eval()
    out = []
    for chunk in np.array_split(images, max(1, len(images) // batch)):
        x = torch.from_numpy(chunk.transpose(0, 3, 1, 2).copy()).to(device).float().div_(255)
        out.append(model(x.contiguous(memory_format=torch.channels_last)).softmax(1)[:, 1].cpu().numpy())
    return np.concatenate(out)


def auc_by_kind(model: nn.Module, images: dict[str, Array], *, device: str) -> dict[str, float]:
    """Compute the AUC of each kind against the real images, and of all kinds."""
    scores = {kind: p_fake(model, of_kind, device=device) for kind, of_kind in images.items()}
    real = scores.pop("real")

    def auc(fake: Array) -> float:
        return float(roc_auc_score(np.r_[np.zeros(len(real)), np.ones(len(fake))], np.r_[real, fake]))

    return {"all": auc(np.concatenate(list(scores.values()))), **{kind: auc(fake) for kind, fake in scores.items()}}


@dataclass(slots=True)
class Run:
    """Hold what a training run's checkpoint keeps."""

    model: Supervised
    average: Supervised  # exponential moving average of the weights: what is shipped
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        with atomic_path(path) as partial:
            torch.save(state, partial)

    def load(self, path: Path) -> None:
        """Load a checkpoint of `save`."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]


def _start(device: str, seed: int, weights: dict[str, Tensor] | None = None) -> Run:
    torch.manual_seed(seed)
    model = Supervised().to(device).to(memory_format=torch.channels_last)
    average = Supervised().to(device).to(memory_format=torch.channels_last)
    if weights:
        model.detector.load_state_dict(weights)
    average.load_state_dict(model.state_dict())
    return Run(model, average, torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.03))


def _batches(faces: FaceSet, run: Run, seed: int, workers: int, warm_up: int) -> Iterator[list[Tensor]]:
    pairs = ForgedPairs(faces, length=10**9, seed=seed, start=run.step * PAIRS, warm_up=warm_up)
    yield from DataLoader(pairs, batch_size=PAIRS, num_workers=workers, prefetch_factor=4 if workers else None)


def _advance(run: Run, batch: list[Tensor], *, progress: float, peak: float, device: str) -> float:
    """Take one step of AdamW at the cosine's learning rate; return the loss.

    Updates the moving average, too.
    """
    for group in run.optimiser.param_groups:
        group["lr"] = peak * min(1.0, (run.step + 1) / 300) * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * progress)))
    run.model.train()
    with torch.autocast(device, torch.bfloat16):
        real, fake, mask = (part.to(device) for part in batch)
        loss = loss_of(run.model, real, fake, mask)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(run.model.parameters(), 2.0)
    run.optimiser.step()
    run.step += 1
    decay = min(0.999, (1 + run.step) / (10 + run.step))
    with torch.no_grad():
        for mean, now in zip(run.average.state_dict().values(), run.model.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1 - decay)
            else:
                mean.copy_(now)
    return float(loss.detach())


def train_detector(
    data: Path,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    device: str = "cpu",
    workers: int = 2,
    report: Callable[[str], None] = print,
    limit: int | None = None,
    weights: dict[str, Tensor] | None = None,
) -> tuple[BlendResNet, dict[str, Any]]:
    """Train for `minutes` in total, resuming a checkpoint; return model and facts.

    The learning rate follows a cosine over the minutes; validation metrics are reported and select nothing: the weights
    returned are the moving average at the end.

    Args:
        data: a folder with faces.jsonl.
        out: the folder of the checkpoint; its minutes count.
        minutes: in total.
        seed: of every random choice.
        device: "cpu" or "cuda".
        workers: processes that make pairs.
        progress: told the seconds; a stop writes the checkpoint and raises `StopRequested`.
        limit: of faces.
        weights: initial ones of a run without a checkpoint.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "detector.checkpoint.pt"
    run = _start(device, seed, weights)
    if checkpoint.is_file():
        run.load(checkpoint)
        report(f"going on from step {run.step} after {run.seconds / 60:.1f} minutes")
    faces, total = load_faces(data, "train", limit=limit), minutes * 60
    checks = fixed_forgeries(load_faces(data, "val", limit=limit), seed=seed)
    saved = tested = last = time.monotonic()
    mean_loss = 0.0
    if run.seconds < total:
        for batch in _batches(faces, run, seed, workers, 1 if weights else WARM_UP):
            progress = min(1.0, run.seconds / total)
            loss = _advance(run, batch, progress=progress, peak=WARM_PEAK if weights else PEAK, device=device)
            mean_loss += (loss - mean_loss) * 0.02 if run.step > 1 else loss
            now = time.monotonic()
            run.seconds, last = run.seconds + now - last, now
            done = run.seconds >= total
            if done or now - saved > 60:
                run.save(checkpoint)
                saved = now
                images = run.step * 2 * PAIRS
                report(f"{run.seconds / 60:.1f} min, step {run.step}, {images} images, loss {mean_loss:.4f}")
            if now - tested > 480 and not done:
                auc = auc_by_kind(run.average.detector, checks, device=device)
                report("val AUC " + ", ".join(f"{kind} {value:.3f}" for kind, value in auc.items()))
                tested = last = time.monotonic()
            if done:
                break
    facts = {
        "seed": seed,
        "minutes": round(run.seconds / 60, 1),
        "steps": run.step,
        "pictures": run.step * 2 * PAIRS,
        "device": device,
        "threads": torch.get_num_threads(),
        "faces": len(faces.images),
        "val_auc": auc_by_kind(run.average.detector, checks, device=device),
    }
    return run.average.detector.eval().cpu(), facts

"""Train a deepfake detector on pairs of real and fake; resumable at any moment."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from ..attacks.engine.precision import bf16_is_faster
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..storage.files import atomic_path
from ..types import Array, InputError, StopRequested
from .depthwise import with_fast_depthwise
from .freed_memory import keep_freed_memory
from .trained_networks import NETWORKS, Supervised, supervised
from .training_faces import fixed_forgeries, load_faces
from .training_facts import DetectorTraining, EarlierRun
from .training_recipe import Item, TrainingData, TrainingPairs, load_pairs, load_training_data
from .video_pairs import VideoTraining, load_video_pairs

PAIRS = 16  # (real, fake) pairs a step
WARM_UP = 200  # steps over which the learning rate rises
DENSE_WEIGHT = 0.5  # of the mask's loss beside the verdict's
SAVE_EVERY, CHECK_EVERY = 60, 480  # seconds
Checks = dict[str, dict[str, Array]]
Scores = dict[str, dict[str, float]]


def loss_of(model: Supervised, batch: list[Tensor], *, device: str) -> Tensor:
    """Add the cross entropies of the verdict and, where known, of the mask."""
    real, fake, mask, known = (part.to(device) for part in batch)
    images = torch.cat([real, fake]).float().div_(255).contiguous(memory_format=torch.channels_last)
    logits, dense = model(images)
    labels = torch.arange(2, device=mask.device).repeat_interleave(len(mask))
    loss = functional.cross_entropy(logits.float(), labels, label_smoothing=0.03)
    target = model.centre(torch.cat([torch.zeros_like(mask), mask]))
    weight = torch.cat([torch.ones_like(known), known])[:, None, None, None]
    for scale in dense:
        goal = functional.adaptive_avg_pool2d(target, scale.shape[-2:])
        each = functional.binary_cross_entropy_with_logits(scale.float(), goal, reduction="none")
        loss = loss + DENSE_WEIGHT * (each * weight).mean()
    return loss


@torch.no_grad()
def margins(model: nn.Module, images: Array, *, device: str, batch: int = 64) -> Array:
    """Compute the margins fake - real (N,) of images.

    Args:
        model: to two logits.
        images: (N, S, S, 3) uint8.
        device: "cpu" or "cuda".
        batch: images a pass.
    """
    model.eval()
    out = []
    for chunk in np.array_split(images, max(1, len(images) // batch)):
        x = torch.from_numpy(np.ascontiguousarray(chunk.transpose(0, 3, 1, 2))).to(device).float().div_(255)
        logits = model(x.contiguous(memory_format=torch.channels_last))
        out.append((logits[:, 1] - logits[:, 0]).cpu().numpy())
    return np.concatenate(out)


def auc_by_kind(model: nn.Module, images: dict[str, Array], *, device: str) -> dict[str, float]:
    """Measure each kind against the real images "real", and all kinds together."""
    scores = {kind: margins(model, them, device=device) for kind, them in images.items()}
    real = scores.pop("real")
    each = {kind: auc(real, fake) for kind, fake in scores.items()}
    return {kind: float(value) for kind, value in each.items() if value is not None}


def fixed_checks(data: Path, *, seed: int, limit: int | None = None, split: str = "val") -> Checks:
    """Load a split's pairs, and forge its stills once in each kind.

    Args:
        data: a folder with pairs, stills, or both.
        seed: of the forgeries.
        limit: so many originals of each; None: all.
        split: "train", "val" or "test".
    """
    checks: Checks = {}
    for folder in (data, data / "dfdc"):
        if (folder / "dfdc.jsonl").is_file():
            pairs = load_pairs(folder, split, limit=limit)
            checks["pairs"] = {"real": pairs.originals.images, "fake": pairs.fakes}
    for folder in (data, data / "faces"):
        if (folder / "faces.jsonl").is_file():
            checks["stills"] = fixed_forgeries(load_faces(folder, split, limit=limit), seed=seed)
    return checks


def read_start(checkpoint: Path) -> tuple[dict[str, Tensor], EarlierRun]:
    """Read another run's averaged weights of the detector, and how long it ran."""
    if not checkpoint.is_file():
        raise InputError(f"there is no checkpoint {checkpoint}: wanted is the .checkpoint.pt of an earlier run")
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    weights = {key.removeprefix("detector."): v for key, v in state["average"].items() if key.startswith("detector.")}
    return weights, EarlierRun(round(state["seconds"] / 60, 1), state["step"] * 2 * PAIRS)


@dataclass(slots=True)
class Run:
    """Hold what a training run needs and its checkpoint keeps."""

    model: Supervised
    average: Supervised  # exponential moving average of the weights: what is shipped
    optimiser: torch.optim.Optimizer
    peak: float
    step: int = 0
    seconds: float = 0.0
    loss: float = field(default=0.0)

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "loss": self.loss,
        }
        with atomic_path(path) as partial:
            torch.save(state, partial)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of `save`."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.loss = state.get("loss", 0.0)  # checkpoints of before have none

    def advance(self, batch: list[Tensor], *, done: float, device: str, bf16: bool) -> None:
        """Take one step of AdamW at the cosine's learning rate, and move the average.

        Args:
            batch: real, fake, mask, weight of the mask.
            done: share of the run that is done, in [0, 1].
            device: "cpu" or "cuda".
            bf16: whether the forward pass runs in bfloat16.
        """
        rate = self.peak * min(1.0, (self.step + 1) / WARM_UP)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        self.model.train()
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            loss = loss_of(self.model, batch, device=device)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        self.loss += (float(loss.detach()) - self.loss) * max(0.02, 1 / self.step)
        decay = min(0.998, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, 1 - decay)
                else:
                    mean.copy_(now)


def begin(network: str, device: str, seed: int, weights: dict[str, Tensor] | None, peak: float | None) -> Run:
    """Build model, average and optimiser of a new run.

    Args:
        network: a name in `NETWORKS`.
        device: "cpu" or "cuda".
        seed: of the weights that are not given.
        weights: of the detector, instead of the network's start.
        peak: the highest learning rate, the network's own by default.
    """
    model = supervised(network, weights, seed=seed).to(device)
    with_fast_depthwise(model)
    average = supervised(network, model.detector.state_dict(), seed=seed).to(device)
    average.load_state_dict(model.state_dict())
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.03)
    return Run(model, average, optimiser, peak or NETWORKS[network].peak)


def train_detector(
    data: Path,
    out: Path,
    *,
    minutes: float,
    network: str = "efficientnet-lite0",
    seed: int = 0,
    device: str = "cpu",
    workers: int = 1,
    peak: float | None = None,
    weights: dict[str, Tensor] | None = None,
    videos: VideoTraining | None = None,
    progress: Progress = NO_PROGRESS,
    limit: int | None = None,
) -> tuple[nn.Module, DetectorTraining]:
    """Train for `minutes` in all; return the averaged network and facts.

    The learning rate follows a cosine over the minutes. The validation metrics decide nothing but are reported.

    Args:
        data: a folder with pairs (`dfdc.jsonl`), stills (`faces.jsonl`), or both in `dfdc/` and `faces/`.
        out: the folder of the checkpoint; a run that finds one there goes on from it, its minutes counted.
        minutes: wall-clock minutes of training in all.
        network: a name in `NETWORKS`.
        seed: of weights, order and augmentation.
        device: "cpu" or "cuda".
        workers: processes that prepare batches.
        peak: the highest learning rate, the network's own by default.
        weights: where a run without a checkpoint begins, instead of at the network's start.
        videos: real videos and forgeries of them, trained on where it says so, see `load_video_pairs`.
        progress: told the seconds of training, and a line a minute; a stop saves the checkpoint and raises
            `StopRequested`.
        limit: so many faces of each source.
    """
    keep_freed_memory()
    run = begin(network, device, seed, weights, peak)
    checkpoint = _resumed(run, out / f"{network}.checkpoint.pt", progress)
    found = load_training_data(data, "train", limit=limit)
    if videos and videos.trained:
        found = replace(found, videos=load_video_pairs(videos, progress=progress))
    checks = fixed_checks(data, seed=seed, limit=limit)
    batches = _batches(TrainingPairs(found, seed=seed, start=run.step * PAIRS), workers)
    _train(run, batches, checkpoint, checks, seconds=minutes * 60, device=device, progress=progress)
    facts = _facts(run, found, network=network, seed=seed, device=device, val_auc=_checked(run, checks, device))
    if videos:
        facts = replace(facts, videos_left_out=tuple(videos.without))
    return run.average.detector.eval().cpu(), facts


def _train(
    run: Run,
    batches: Iterator[list[Tensor]],
    checkpoint: Path,
    checks: Checks,
    *,
    seconds: float,
    device: str,
    progress: Progress,
) -> None:
    """Take steps until the run has lasted `seconds`; save and check now and then."""
    bf16 = device != "cpu" or bf16_is_faster(run.model.detector)
    saved = tested = last = time.monotonic()
    while run.seconds < seconds:
        run.advance(next(batches), done=min(1.0, run.seconds / seconds), device=device, bf16=bf16)
        now = time.monotonic()
        run.seconds, last = run.seconds + now - last, now
        progress.tell(min(round(run.seconds), round(seconds)), round(seconds), "Training the detector, seconds")
        stop = progress.should_stop()
        if now - saved > SAVE_EVERY or stop or run.seconds >= seconds:
            run.save(checkpoint)
            saved = now
            images = run.step * 2 * PAIRS
            progress.emit(f"{run.seconds / 60:.1f} min, step {run.step}, {images} images, loss {run.loss:.4f}")
        if stop:
            raise StopRequested(f"the training was stopped at step {run.step}; {checkpoint.name} goes on from there")
        if now - tested > CHECK_EVERY:
            progress.emit(f"val AUC {_checked(run, checks, device)}")
            tested = last = time.monotonic()


def _resumed(run: Run, checkpoint: Path, progress: Progress) -> Path:
    """Load a run's checkpoint where there is one; return where it is saved."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        run.load(checkpoint)
        progress.emit(f"going on from step {run.step} after {run.seconds / 60:.1f} minutes")
    return checkpoint


def _facts(run: Run, found: TrainingData, *, network: str, seed: int, device: str, val_auc: Scores) -> DetectorTraining:
    return DetectorTraining(
        network=network,
        seed=seed,
        minutes=round(run.seconds / 60, 1),
        steps=run.step,
        images=run.step * 2 * PAIRS,
        learning_rate=run.peak,
        device=device,
        threads=torch.get_num_threads(),
        pairs=len(found.pairs.fakes) if found.pairs else 0,
        stills=len(found.stills.images) if found.stills else 0,
        video_pairs=len(found.videos.fakes) if found.videos else 0,
        videos_left_out=(),
        val_auc=val_auc,
    )


def _batches(pairs: TrainingPairs, workers: int) -> Iterator[list[Tensor]]:
    loader: DataLoader[Item] = DataLoader(
        pairs, batch_size=PAIRS, num_workers=workers, prefetch_factor=6 if workers else None
    )
    yield from loader


def _checked(run: Run, checks: Checks, device: str) -> Scores:
    return {
        name: {
            kind: round(value, 4) for kind, value in auc_by_kind(run.average.detector, images, device=device).items()
        }
        for name, images in checks.items()
    }

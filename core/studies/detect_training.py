"""Finetune Detect-ResNet on untouched and attacked faces, wholly or its head alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..attack_detectors import AttackDetector
from ..attack_detectors.detect_resnet import DetectResNet
from ..detectors.device import chosen_device, put_on
from ..detectors.inference_queue import give_way
from ..output.paper import npy_bytes
from ..storage.cards import load_weights, read_card, save_model
from ..storage.files import atomic_write
from ..types import Array, InputError, content_id
from ..types.model_card import AttackDetectorCard
from .attack_examples import CLEAN, TARGET, LaneExamples
from .base import StudyContext
from .detect_backbones import BACKBONES, build_detect_resnet
from .training_state import keep_training, resume_training

RATE, BATCH = 1e-3, 16  # of the paper, section 4; Adam's other settings there are PyTorch's defaults
KEEP, CHUNK = 10, 32  # steps after which the state is kept; faces of a pass
TRAINED_ON = "pgd"


@dataclass(frozen=True, slots=True)
class Finetuning:
    """Hold what is finetuned, and how.

    head_only: the backbone stays as it is; map: that it reads; backbone: of `BACKBONES`; steps: minibatches of a whole
    finetuning; passes: over the examples where the head alone is trained.
    """

    head_only: bool
    map: str
    backbone: str
    steps: int
    passes: int

    @property
    def name(self) -> str:
        """Return a name for files."""
        return f"{'head' if self.head_only else 'full'}-{self.map}"


def finetuned(
    context: StudyContext, asked: Finetuning, examples: LaneExamples, *, first: bool
) -> AttackDetector | None:
    """Load an attack detector finetuned on these examples, or finetune and keep it.

    None where the minutes are over before it is whole; what was trained is kept, and a later run goes on from it.

    Args:
        context: of the study.
        asked: what is finetuned.
        examples: with PGD, and the map.
        first: whether it is finetuned to its end whatever the minutes say.
    """
    lane, training = examples.lane, (asked.steps, asked.passes, asked.backbone, context.seed, examples.numbers)
    folder = lane.folder.parent / "models" / content_id(repr(training))[:16]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        model = put_on(build_detect_resnet(asked.backbone, context.data), chosen_device())
    assert isinstance(model, DetectResNet)
    try:
        card = read_card(asked.name, AttackDetectorCard, folder=folder)
        model.load_state_dict(load_weights(asked.name, card, folder=folder))
    except (InputError, RuntimeError):  # none yet, or not whole: it is made again
        if context.out_of_time() and not first:
            return None
        partial = folder / f"{asked.name}.partial.pt"
        if asked.head_only:
            _train_head(context, asked, model, examples)
        elif not _train_all(context, asked, model, examples, partial, first=first):
            return None
        weights = {key: value.cpu() for key, value in model.state_dict().items()}
        card = save_model(asked.name, weights, _card(context, asked, model, examples), folder)
        partial.unlink(missing_ok=True)
    return AttackDetector(asked.name, model.eval().requires_grad_(False), card)


def _examples(examples: LaneExamples, name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return crops, maps and labels, those as they are first."""
    crops = [examples.crops(kind) for kind in (CLEAN, TRAINED_ON)]
    maps = [examples.maps(kind, name) for kind in (CLEAN, TRAINED_ON)]
    labels = [torch.full((len(part),), place) for place, part in enumerate(crops)]
    return torch.cat(crops), torch.cat(maps), torch.cat(labels)


def _train_all(
    context: StudyContext, asked: Finetuning, model: DetectResNet, examples: LaneExamples, partial: Path, *, first: bool
) -> bool:
    """Finetune backbone and head; return whether it came to its end."""
    crops, maps, labels = _examples(examples, asked.map)
    optimiser = torch.optim.Adam(model.head.parameters(), RATE)
    optimiser.add_param_group({"params": list(model.backbone.parameters()), "lr": BACKBONES[asked.backbone].rate})
    begun = resume_training(partial, model, optimiser)
    steps = context.progress.counter(asked.steps, f"Finetuning on {examples.lane.detector.name}, {asked.map}, steps")
    steps.done = begun
    for number in range(begun, asked.steps):
        rows = _minibatch(len(labels), number, context.seed)
        give_way()
        loss = functional.cross_entropy(model.train()(crops[rows].float(), maps[rows].float()), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        done = number + 1
        if done % KEEP == 0 or done == asked.steps:
            keep_training(partial, model, optimiser, done)
            if done < asked.steps and context.out_of_time() and not first:
                return False
        steps.step()
    return True


def _minibatch(count: int, number: int, seed: int) -> Tensor:
    """Draw the rows of a step: pass after pass over all, each shuffled anew."""
    batches = -(-count // BATCH)
    order = torch.from_numpy(np.random.default_rng([seed, number // batches]).permutation(count))
    return order[number % batches * BATCH :][:BATCH]


def _train_head(context: StudyContext, asked: Finetuning, model: DetectResNet, examples: LaneExamples) -> None:
    """Train the head on the frozen backbone's embeddings, which are computed once."""
    crops, maps, labels = _examples(examples, asked.map)
    embedded = torch.cat([_embed(context, model, crops, signed=False), _embed(context, model, maps, signed=True)], 1)
    device = next(model.head.parameters()).device
    optimiser = torch.optim.Adam(model.head.parameters(), RATE)
    for number in range(asked.passes * -(-len(labels) // BATCH)):
        rows = _minibatch(len(labels), number, context.seed)
        loss = functional.cross_entropy(model.head(embedded[rows].to(device)), labels[rows].to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


@torch.no_grad()
def _embed(context: StudyContext, model: DetectResNet, images: Tensor, *, signed: bool) -> Tensor:
    """Embed crops in [0, 1], or maps that are signed already."""
    device, found = next(model.head.parameters()).device, []
    model.eval()
    for part in images.split(CHUNK):
        context.progress.check_stop()
        give_way()
        given = part.float().to(device)
        read = model.resize(given.expand(-1, 3, -1, -1)) if signed else model.signed(given)
        found.append(model.backbone(read).cpu())
    return torch.cat(found)


def attack_scores(
    context: StudyContext, judge: AttackDetector, examples: LaneExamples, kind: str, *, black: bool = False
) -> Array:
    """Return the probability of "attacked" (N,) of each face; kept for later.

    Args:
        context: of the study.
        judge: finetuned.
        examples: with the judge's map.
        kind: "clean", or the key of an attack.
        black: whether maps are replaced by zeros, which is PGD-B of the paper.
    """
    lane = examples.lane
    of = content_id(str(judge.card.sha256), lane.detector.version, str(lane.folder), kind, repr(examples.numbers))
    path = lane.folder.parent / "scores" / f"{of[:24]}{'-black' * black}.npy"
    try:
        kept: Array = np.load(path, allow_pickle=False)
        return kept
    except (OSError, ValueError, EOFError):
        found = _scores(context, judge.model, examples.crops(kind), examples.maps(kind, judge.card.map), black)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, npy_bytes(found))
    return found


@torch.no_grad()
def _scores(context: StudyContext, model: nn.Module, crops: Tensor, maps: Tensor, black: bool) -> Array:
    found = []
    for some, own in zip(crops.split(CHUNK), maps.split(CHUNK), strict=True):
        context.progress.check_stop()
        give_way()
        found.append(model(some.float(), own.float() * (0 if black else 1)).softmax(1)[:, 1].cpu().numpy())
    scores: Array = np.concatenate(found)
    return scores


def _card(context: StudyContext, asked: Finetuning, model: nn.Module, examples: LaneExamples) -> AttackDetectorCard:
    detector = examples.lane.detector
    whole = {"steps": asked.steps, "learning rate of the backbone": BACKBONES[asked.backbone].rate}
    return AttackDetectorCard(
        name=asked.name,
        title=f"Detect-ResNet on {asked.backbone}, {'head only' if asked.head_only else 'fully finetuned'}",
        source="Pinhasov et al. 2024, section 3.5; trained by this study on the user's own copy of the faces",
        papers=("Pinhasov et al. 2024",),
        data=f"{examples.faces} faces attacked by PGD and as many as they are, of {examples.lane.media.people} people",
        command="python -m core study pinhasov2024 --data DIR",
        parameters=sum(one.numel() for one in model.parameters()),
        training={
            "seed": context.seed,
            "batch": BATCH,
            "learning rate": RATE,
            "optimiser": "Adam",
            **({"passes": asked.passes} if asked.head_only else whole),
        },
        detector=detector.name,
        detector_sha256=detector.card.sha256,
        map=asked.map,
        target=TARGET,
        warrant=f"Trained by a study on PGD at 16/255 against {detector.name}; other attacks and media are outside.",
    )

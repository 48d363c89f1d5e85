"""Answer the queries of one attack on a batch, and keep the best images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...detectors.inference_queue import give_way
from ...types import Array, AttackStep
from .attack_viewer import AttackViewer
from .callbacks import AttackCallbacks
from .candidates import Candidates
from .counted_model import CountedModel
from .goal import Goal
from .linearisation import Linearisation
from .logits import margin, wanted_score
from .trajectory import Trajectory

TOLERANCE = 0.01  # in the score and in the margin: what bfloat16 may be off by
TOLERANCE_MINIMUM_NORM = 0.03  # in the margin; 0.043 is the most that was seen, see `scale_until_adversarial`


class AttackRun:
    """Be the `Query` of an attack behind its door.

    Args:
        goal: the images, the labels wanted and the budget.
        network: the detector's, (N, 3, H, W) in [0, 1] to logits (N, C), as many as the goal's classes.
        callbacks: told about the first image.
        seed: of all random numbers, which are this attack's own.
        p_fake: turns two logits (2,) into a score, for a single image; else the softmax.
        bf16: take gradients in bfloat16. Logits then err by a few thousandths, so success and the score to stop at must
            be exceeded by that tolerance.
    """

    def __init__(
        self,
        goal: Goal,
        network: nn.Module,
        callbacks: AttackCallbacks,
        *,
        seed: int = 0,
        p_fake: Callable[[Array], float] | None = None,
        bf16: bool = False,
    ) -> None:
        self.goal, self.callbacks, self.p_fake = goal, callbacks, p_fake
        self.generator = torch.Generator().manual_seed(seed)
        self.stopped = False
        self.tolerance = (TOLERANCE_MINIMUM_NORM if goal.minimum_norm else TOLERANCE) if bf16 else 0.0
        self.score_tolerance = TOLERANCE if bf16 else 0.0
        self.model = CountedModel(network, len(goal.y), classes=goal.classes, bf16=bf16)
        self.candidates = Candidates(goal, tolerance=self.tolerance)
        self.trajectory = Trajectory(goal, callbacks)
        self.linearisation = Linearisation(goal.clean)
        self.viewer = AttackViewer(callbacks.on_view)

    @property
    def network(self) -> nn.Module:
        """Return the detector's network."""
        return self.model.network

    @property
    def eight_bit(self) -> bool:
        """Return whether images should be asked about as the 8 bits that are saved."""
        return self.goal.eight_bit

    def __call__(self, x: Tensor, sources: Tensor | None = None) -> Tensor:
        """Return logits (K * N, C); see `Query`. Raises `Finished` or `StopRequested` to end the attack."""
        self.trajectory.judge_snapshots()  # between two steps: the last one is complete
        give_way()
        if self.goal.minimum_norm and x.requires_grad and torch.is_grad_enabled():
            x.register_hook(self._linearise(x.detach()))
        self.viewer.look(x, len(self.trajectory.p_fake) + 1)
        logits = self.model(x)
        with torch.no_grad():
            self._after_pass(logits.detach(), x.detach(), sources)
        self.model.check_unfinished()  # at once: no pass back from an image that is good enough
        return logits

    def retire(self, done: Tensor) -> bool:
        """Ask nothing more about the images `done` (N,), unless a stop confidence decides that."""
        if self.goal.stop_confidence is not None:
            return False
        self.model.retire(done)
        return bool(done.all())

    def add_passes(self, passes: int) -> None:
        """Count passes that an attack made on the network itself."""
        self.model.add_passes(passes)

    def _linearise(self, at: Tensor) -> Callable[[Tensor], None]:
        """Make a hook that keeps the gradient at images (N, 3, H, W), of those active now."""
        asked = self.model.active.clone()
        return lambda gradient: self.linearisation.update(
            gradient.detach(), at, margin(self.model.logits, self.goal.y), asked
        )

    def _after_pass(self, logits: Tensor, x: Tensor, sources: Tensor | None) -> None:
        """Keep the best images, record, retire what is sure enough; stop if asked."""
        images, logits, margins = self._of_copies(logits, x, sources)
        before = bool(self.candidates.adversarial[0])
        self.candidates.offer(images, margins, self.model.active)
        self.model.keep(logits)
        p_fake = self._scores(logits)
        success = not before and bool(self.candidates.adversarial[0])
        step = AttackStep(len(self.trajectory.p_fake) + 1, int(self.model.forwards[0]), float(p_fake[0]))
        self.trajectory.record(step, images[:1], first_success=success)
        self._retire_confident(p_fake, margins)
        self.callbacks.progress.emit(step)
        self.callbacks.progress.check_stop()

    def _scores(self, logits: Tensor) -> Tensor:
        """Return p_fake (N,); of more than two classes the score that is to fall."""
        if self.p_fake is not None:
            return torch.tensor([self.p_fake(logits[0].numpy())])
        return logits.softmax(1)[:, 1] if self.goal.classes == 2 else 1 - wanted_score(logits, self.goal.y)

    def _of_copies(self, logits: Tensor, x: Tensor, sources: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Choose one of each image's copies: images (N, 3, H, W), logits (N, C) and margins (N,).

        The best copy is a candidate by itself; with `sources` the worst one speaks for the image they were made from.
        """
        n = len(self.goal.y)
        copies = len(x) // n
        margins = margin(logits.view(copies, n, -1), self.goal.y).nan_to_num(float("inf"))
        if copies == 1:
            return x if sources is None else sources, logits, margins[0]
        chosen = margins.argmin(0) if sources is None else margins.argmax(0)
        rows = chosen * n + torch.arange(n)
        return x[rows] if sources is None else sources, logits[rows], margins.gather(0, chosen[None])[0]

    def _retire_confident(self, p_fake: Tensor, margins: Tensor) -> None:
        """Retire images predicted the target with the score to stop at, beyond the tolerance."""
        if (asked := self.goal.stop_confidence) is not None:
            enough = min(asked + self.score_tolerance, (asked + 1) / 2)
            sure = self.goal.target_score(p_fake) >= enough
            self.model.retire(sure & self.candidates.is_adversarial(margins))

"""The detector as an attack sees it: counts passes, keeps the best picture, drops what is fooled, can stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...media.images import to_array, to_uint8
from ...types import Array, InputError, StopRequested
from .precision import halved
from .projection import held

CHUNK = 8  # pictures in one pass without a graph: larger gain little on a CPU, and a stop waits for the pass
SPARE = 0.01  # in the score and in the margin: what bfloat16 may be off by
SPARE_LEAST = 0.03  # in the margin, for the smallest changes; 0.043 is the most that was seen, see `stretched`


class Finished(Exception):
    """Raised by the oracle as soon as no picture of the batch is left to attack."""


@dataclass(slots=True)
class AttackWatch:
    """What watches an attack: told p_fake at each step, asked at each step whether to stop.

    `on_query` is given the forward passes so far; `stop_at` in (0, 1] ends the attack on a picture as soon as it is
    called the target with at least that score: nothing is asked about it any more. `attacked` is given the first
    picture (H, W, 3) uint8, held to its budget, at every `every`-th step from the first on and where it first fools:
    it returns the attack detector's score of "attacked", None where that is not asked.
    """

    on_query: Callable[[int, float], None] | None = None
    should_stop: Callable[[], bool] | None = None
    stop_at: float | None = None
    attacked: Callable[[Array], float | None] | None = None
    every: int = 1


def two_logits(logits: Tensor, count: int) -> Tensor:
    """`logits`, or an `InputError` where they are not (count, 2)."""
    if logits.shape != (count, 2):
        raise InputError(
            f"an attack needs a detector with two logits [real, fake], ({count}, 2); this one gives "
            f"{tuple(logits.shape)}"
        )
    return logits


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Z_other - Z_target (..., N) of logits (..., N, 2): below 0 the detector says the target `y` (N,)."""
    return (logits[..., 1] - logits[..., 0]) * (1 - 2 * y).to(logits.dtype)


def per_picture(values: Tensor) -> Tensor:
    """(N,) as (N, 1, 1, 1), to multiply pictures with."""
    return values[:, None, None, None]


class Oracle(nn.Module):
    """What an attack asks: pictures (K * N, 3, H, W) in, logits (K * N, 2) out; row r is of picture r modulo N.

    Pictures that are `retired` cost no pass: their rows get the logits they had last, without a gradient.

    Args:
        model: the detector, (N, 3, H, W) in [0, 1] to logits (N, 2) [real, fake].
        clean: (N, 3, H, W), the pictures before the attack.
        y: (N,) the labels wanted.
        p_fake: two logits to a score; for a single picture. Else the softmax.
        half: passes that a gradient is taken of run in bfloat16; logits are then off by some thousandths, so that being
            fooled and the score to stop at have to be met with as much to spare.
        norm, size: the budget, that the smallest changes are held to.
        least: the picture kept is the fooled one with the smallest change (`norm`), not the surest one; gradients taken
            are then those of the margin.
    """

    def __init__(
        self,
        model: nn.Module,
        clean: Tensor,
        y: Tensor,
        *,
        watch: AttackWatch | None = None,
        p_fake: Callable[[Array], float] | None = None,
        least: bool = False,
        half: bool = False,
        norm: str = "",
        size: float = 0.0,
    ) -> None:
        super().__init__()
        self.model, self.clean, self.y, self.least, self.norm, self.size = model, clean, y, least, norm, size
        self.bf16, self.spare = half, (SPARE_LEAST if least else SPARE) if half else 0.0
        self.watch, self.p_fake = watch or AttackWatch(), p_fake
        n = len(y)
        self.active = torch.ones(n, dtype=torch.bool)
        self.best, self.score = clean.clone(), torch.full((n,), float("inf"))
        self.last = torch.zeros(n, 2)
        self.forwards, self.backwards = torch.zeros(n, dtype=torch.long), torch.zeros(n, dtype=torch.long)
        self.sloped = torch.zeros(n, dtype=torch.bool)
        self.line: tuple[Tensor, ...] = (torch.zeros_like(clean), clean, torch.full((n,), -1.0)) if least else ()
        self.course: list[float] = []
        self.attacked: list[tuple[int, float | None]] = []  # steps from 1 on, and the attack detector's score there
        self.watched = 0.0  # seconds that the attack detector took
        self.finite = True
        self._half: list[nn.Module] = []  # the twin in bfloat16, in a list so that it is no child
        self.training = False  # not eval(): the detector's own mode is kept by `as_it_was`

    def foreseen(self, x: Tensor, rows: Tensor) -> Tensor:
        """The margin (M,) of x (M, 3, H, W), pictures `rows` (M,), on the line along the last gradient: no pass."""
        gradient, at, gap = (part[rows] for part in self.line)
        return gap + (gradient * (x - at)).flatten(1).sum(1)

    def crossed(self, gap: Tensor) -> Tensor:
        """Whether margins `gap` (N,) are those of pictures that are called the target, beyond the doubt of bfloat16."""
        return gap < -self.spare

    def held(self, changed: Tensor, rows: Tensor | slice) -> Tensor:
        """`changed` (M, 3, H, W) of the pictures `rows` as 8 bits within the budget."""
        return held(self.clean[rows], changed, self.norm, self.size)

    @property
    def fooled(self) -> Tensor:
        """(N,) whether any picture asked about so far was called the target."""
        return self.score < 0

    def forward(self, x: Tensor, of: Tensor | None = None) -> Tensor:
        """Logits of `x` (K * N, 3, H, W). `of` (N, 3, H, W): the pictures that all K copies were made from.

        With `of`, a picture is fooled when all of its copies are; without it each copy is a candidate by itself.
        """
        if not self.active.any():
            raise Finished
        copies = len(x) // len(self.y)
        if x.requires_grad and torch.is_grad_enabled():
            x.register_hook(self._slope(x.detach(), self.active.clone()))
        if bool(self.active.all()):
            logits = self._judge(x)
        else:
            rows = self.active.repeat(copies).nonzero()[:, 0]
            logits = self.last.repeat(copies, 1).index_copy(0, rows, self._judge(x[rows]))
        self.forwards += copies * self.active
        with torch.no_grad():
            self._note(logits.detach(), x.detach(), of)
        if not self.active.any():  # at once: no pass back from a picture that is good enough
            raise Finished
        return logits

    def _judge(self, x: Tensor) -> Tensor:
        half, whole = self.bf16 and torch.is_grad_enabled(), torch.is_grad_enabled() or len(x) <= CHUNK
        if half and not self._half:  # made here and not before: the detector is in eval mode by now
            self._half.append(halved(self.model))
        model = self._half[0] if half else self.model
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits: Tensor = model(x) if whole else torch.cat([model(part) for part in x.split(CHUNK)])
        return two_logits(logits.float(), len(x))

    def _slope(self, x: Tensor, asked: Tensor) -> Callable[[Tensor], None]:
        """A hook on the input that counts gradients, and whether any of them was not zero; keeps the last margin's."""
        copies = len(x) // len(self.y)

        def hook(gradient: Tensor) -> None:
            self.backwards.add_(copies * asked)
            if self.least:
                self._keep(gradient.detach(), x, asked)
            if not bool(self.sloped.all()):
                steep = gradient.detach().flatten(1).abs().amax(1) > 0
                self.sloped |= steep.view(copies, -1).any(0)

        return hook

    def _keep(self, gradient: Tensor, x: Tensor, asked: Tensor) -> None:
        """The line along the last gradient, of the pictures `asked` (N,) about; nothing is copied where all were."""
        gap = margin(self.last, self.y)
        if not bool(asked.all()):
            before, rows = self.line, per_picture(asked)
            gradient, x = torch.where(rows, gradient, before[0]), torch.where(rows, x, before[1])
            gap = torch.where(asked, gap, before[2])
        self.line = (gradient, x, gap)

    def _note(self, logits: Tensor, x: Tensor, of: Tensor | None) -> None:
        """Keep the best picture of each, retire what is fooled surely enough, tell the watch."""
        n = len(self.y)
        copies = len(x) // n
        self.finite = self.finite and bool(torch.isfinite(logits).all())
        margins = margin(logits.view(copies, n, 2), self.y).nan_to_num(float("inf"))
        value, chosen, candidates = margins[0], logits, x if of is None else of
        if copies > 1:
            which = margins.argmin(0) if of is None else margins.argmax(0)
            rows = which * n + torch.arange(n)
            value, chosen = margins.gather(0, which[None])[0], logits[rows]
            candidates = x[rows] if of is None else of
        score = value
        if self.least:
            score, there = value.clamp_min(0), self.crossed(value)
            if bool(there.any()):
                score = torch.where(there, -1 / (self._size(candidates) + 1e-9), score)
        better = self.active & (score < self.score)
        turned = self.watch.attacked is not None and bool((score[0] < 0) & ~self.fooled[0])
        if bool(better.all()):  # pictures that were asked about are never changed in place: no copy
            self.best, self.score = candidates, score
        elif bool(better.any()):
            self.best = torch.where(per_picture(better), candidates, self.best)
            self.score = torch.where(better, score, self.score)
        self.last = torch.where(self.active[:, None], chosen, self.last)
        share = chosen.softmax(1)[:, 1] if self.p_fake is None else torch.tensor([self.p_fake(chosen[0].numpy())])
        self.course.append(float(share[0]))
        if self.watch.attacked and (turned or (len(self.course) - 1) % self.watch.every == 0):
            self._ask_attacked(candidates[:1], self.watch.attacked)
        if self.watch.stop_at is not None:
            asked = self.watch.stop_at
            enough = min(asked + SPARE * self.bf16, (asked + 1) / 2)
            sure = torch.where(self.y == 1, share, 1 - share) >= enough
            self.active &= ~(sure & self.crossed(value))
        if self.watch.on_query:
            self.watch.on_query(int(self.forwards[0]), self.course[-1])
        if self.watch.should_stop and self.watch.should_stop():
            raise StopRequested

    def _ask_attacked(self, picture: Tensor, ask: Callable[[Array], float | None]) -> None:
        """What the attack detector says of the first picture (1, 3, H, W) as 8 bits; its time is not the attack's."""
        begun = time.perf_counter()
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
            said = ask(to_uint8(to_array(self.held(picture, slice(1)) if self.norm else picture)))
        self.attacked.append((len(self.course), said))
        self.watched += time.perf_counter() - begun

    def _size(self, x: Tensor) -> Tensor:
        change = (x - self.clean).flatten(1)
        return change.abs().amax(1) if self.norm == "Linf" else change.norm(dim=1)


def ask(model: nn.Module, x: Tensor, of: Tensor | None = None) -> Tensor:
    """Logits of `x`; `of` names the pictures whose copies these are, for an oracle that keeps the best."""
    logits: Tensor = model(x, of) if isinstance(model, Oracle) else model(x)
    return logits


def retire(model: nn.Module, done: Tensor) -> bool:
    """Ask nothing more about the pictures `done` (N,); returns whether the attack is over.

    Nothing is retired where a confidence was asked for: then that decides.
    """
    if isinstance(model, Oracle):
        if model.watch.stop_at is not None:
            return False
        model.active &= ~done
    return bool(done.all())


def inner(model: nn.Module) -> nn.Module:
    """The detector itself, without what watches it."""
    return model.model if isinstance(model, Oracle) else model

"""The detector as an attack sees it: counts passes, keeps the best picture, drops what is fooled, can stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..types import Array, InputError, StopRequested

CHUNK = 8  # pictures in one pass without a graph: larger gain little on a CPU, and a stop waits for the pass
HOOK_TABLES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Finished(Exception):
    """Raised by the oracle as soon as no picture of the batch is left to attack."""


@dataclass(slots=True)
class AttackWatch:
    """What watches an attack: told p_fake at each step, asked at each step whether to stop.

    `on_query` is given the forward passes so far; `stop_at` in (0, 1] ends the attack on a picture as soon as it is
    called the target with at least that score: nothing is asked about it any more.
    """

    on_query: Callable[[int, float], None] | None = None
    should_stop: Callable[[], bool] | None = None
    stop_at: float | None = None


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Z_other - Z_target (N,) of logits (N, 2): below 0 the detector says the target `y` (N,)."""
    return (logits[:, 1] - logits[:, 0]) * (1 - 2 * y).to(logits.dtype)


class Oracle(nn.Module):
    """What an attack asks: pictures (K * N, 3, H, W) in, logits (K * N, 2) out; row r is of picture r modulo N.

    Pictures that are `retired` cost no pass: their rows get the logits they had last, without a gradient.

    Args:
        model: the detector, (N, 3, H, W) in [0, 1] to logits (N, 2) [real, fake].
        clean: (N, 3, H, W), the pictures before the attack.
        y: (N,) the labels wanted.
        p_fake: two logits to a score; for a single picture. Else the softmax.
        least: the picture kept is the fooled one with the smallest change (norm "Linf" or "L2"), not the surest one.
    """

    def __init__(
        self, model: nn.Module, clean: Tensor, y: Tensor, *, watch: AttackWatch | None = None,
        p_fake: Callable[[Array], float] | None = None, least: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.model, self.clean, self.y, self.least = model, clean, y, least
        self.watch, self.p_fake = watch or AttackWatch(), p_fake
        n = len(y)
        self.active = torch.ones(n, dtype=torch.bool)
        self.best, self.score = clean.clone(), torch.full((n,), float("inf"))
        self.last = torch.zeros(n, 2)
        self.forwards, self.backwards = torch.zeros(n, dtype=torch.long), torch.zeros(n, dtype=torch.long)
        self.sloped = torch.zeros(n, dtype=torch.bool)
        self.course: list[float] = []
        self.finite = True
        self.training = False  # not eval(): the detector's own mode is kept by `as_it_was`

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
            x.register_hook(self._slope(copies, self.active.clone()))
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
        small = torch.is_grad_enabled() or len(x) <= CHUNK
        logits: Tensor = self.model(x) if small else torch.cat([self.model(part) for part in x.split(CHUNK)])
        if logits.shape != (len(x), 2):
            raise InputError(
                f"an attack needs a detector with two logits [real, fake], ({len(x)}, 2); this one gives "
                f"{tuple(logits.shape)}"
            )
        return logits

    def _slope(self, copies: int, asked: Tensor) -> Callable[[Tensor], None]:
        """A hook on the input that counts gradients, and whether any of them was not zero."""

        def hook(gradient: Tensor) -> None:
            self.backwards.add_(copies * asked)
            if not bool(self.sloped.all()):
                steep = gradient.detach().flatten(1).abs().amax(1) > 0
                self.sloped |= steep.view(copies, -1).any(0)

        return hook

    def _note(self, logits: Tensor, x: Tensor, of: Tensor | None) -> None:
        """Keep the best picture of each, retire what is fooled surely enough, tell the watch."""
        n = len(self.y)
        copies = len(x) // n
        self.finite = self.finite and bool(torch.isfinite(logits).all())
        margins = margin(logits, self.y.repeat(copies)).view(copies, n).nan_to_num(float("inf"))
        which = margins.argmin(0) if of is None else margins.argmax(0)
        rows = which * n + torch.arange(n)
        value, chosen = margins.gather(0, which[None])[0], logits[rows]
        candidates = of if of is not None else x if copies == 1 else x[rows]
        score = value if self.least is None else torch.where(value < 0, -1 / (self._size(candidates) + 1e-9), value)
        better = self.active & (score < self.score)
        self.best[better], self.score[better] = candidates[better].detach(), score[better]
        self.last[self.active] = chosen[self.active]
        share = chosen.softmax(1)[:, 1] if self.p_fake is None else torch.tensor([self.p_fake(chosen[0].numpy())])
        self.course.append(float(share[0]))
        if self.watch.stop_at is not None:
            sure = torch.where(self.y == 1, share, 1 - share) >= self.watch.stop_at
            self.active &= ~(sure & (value < 0))
        if self.watch.on_query:
            self.watch.on_query(int(self.forwards[0]), self.course[-1])
        if self.watch.should_stop and self.watch.should_stop():
            raise StopRequested

    def _size(self, x: Tensor) -> Tensor:
        change = (x - self.clean).flatten(1)
        return change.abs().amax(1) if self.least == "Linf" else change.norm(dim=1)


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


@contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """`model` in eval mode with weights that need no gradient; modes, hooks and gradients come back, whatever happens.

    Without weight gradients in the graph a backward pass to the input costs a third less.
    """
    modules = list(model.modules())
    modes = [module.training for module in modules]
    hooks = [(module, table, dict(getattr(module, table))) for module in modules for table in HOOK_TABLES]
    weights = [(parameter, parameter.requires_grad, parameter.grad) for parameter in model.parameters()]
    try:
        model.eval().requires_grad_(False)
        yield
    finally:
        for module, training in zip(modules, modes, strict=True):
            module.training = training
        for module, table, before in hooks:
            now = getattr(module, table)
            for key in [key for key in now if key not in before]:
                del now[key]
        for parameter, needed, gradient in weights:
            parameter.requires_grad_(needed)
            parameter.grad = gradient

"""Compare our attacks with the libraries': time, passes and success on the same faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..attacks import perturb
from ..attacks.engine.logits import margin
from ..detectors import Detector
from ..media.images import to_array, to_tensor
from ..progress import NO_PROGRESS, Progress
from ..types import LABELS, Array, InputError
from ..types.bench_results import AttackBench, AttackBenchRow
from .attack_peers import ITSELF, JOBS, PeerPair, versions
from .bench_faces import faces
from .timing import SELF, Counted, Work, median_of, median_ratio, time_pairs
from .timing import threads as so_many_threads

TRIES = 3
TIMED = (
    "the call of each that returns the changed image of one face, on the same loaded detector, a face a pair: "
    "core.attacks.perturb with its rounding to 8 bits and its budget, and the peer's public call"
)
JUDGED = (
    "ours as the 8 bits that are saved, the peer's as the floats that it returns, and *_8bit as those rounded to "
    "8 bits; l2 and linf are means over the faces that both turned, as floats"
)


def names_of(text: str) -> list[str]:
    """Parse names of attacks, joined by commas; "all" for all of them."""
    known = list(dict.fromkeys(job.attack for job in JOBS))
    names = known if text == "all" else [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"there is no bench of {', '.join(unknown)}; known are: all, {', '.join(known)}")
    return names


def measure(
    detector: Detector,
    *,
    names: Sequence[str],
    pairs: int = 15,
    count: int = 16,
    data: Path | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = NO_PROGRESS,
) -> AttackBench:
    """Compare each attack of `names` with each installed peer.

    `ratio` is the median of paired ratios, the peer's time by ours (above 1: ours is faster), timed on `pairs` faces in
    turn; `passes` and `success` are means over `count` faces, `l2` and `linf` over those that both flipped. A row
    beside which the peer against itself leaves 0.97 to 1.03 is discarded and timed again, at most twice.

    Args:
        detector: the one that is attacked.
        names: of the attacks.
        pairs: timed runs of each row.
        count: number of faces.
        data: a folder of faces; None: forgeries of the shipped portrait.
        seed: of faces and attacks.
        threads: of each.
        progress: told each row; a stop raises `StopRequested`.
    """
    installed = versions()
    wanted = _jobs_of(names, installed, progress)
    with so_many_threads(threads):
        crops, fake = faces(detector, count, data=data, seed=seed)
        progress.emit(f"{len(crops)} faces, {fake} of them called fake")
        found = _Bench(detector, crops, pairs, seed, progress)
        rows = tuple(found.row(job) for job in progress.each(wanted, "Attacks against their peers"))
    return AttackBench(
        rows=rows,
        self_ratio=max((row.self_ratio for row in rows), key=lambda ratio: abs(ratio - 1)),
        thrown_away=found.thrown_away,
        detector=detector.name,
        faces=len(crops),
        called_fake=fake,
        pairs=pairs,
        threads=threads,
        seed=seed,
        peers=installed,
        torch=torch.__version__,
        timed=TIMED,
        judged=JUDGED,
    )


def _jobs_of(names: Sequence[str], installed: Mapping[str, str | None], progress: Progress) -> list[PeerPair]:
    """Select the rows whose peer is installed; report the other peers."""
    for peer, version in installed.items():
        if version is None:
            progress.emit(f"{peer} is not installed: its rows are left out.")
    wanted = [job for job in JOBS if job.attack in names and installed[job.peer]]
    if not wanted or not installed[ITSELF.peer]:
        raise InputError(
            f"{ITSELF.peer}, which the attacks are compared with, is not installed: pip install {ITSELF.peer}"
        )
    return wanted


def table(found: AttackBench) -> str:
    """Format the rows as text."""
    lines = [
        f"{found.detector}, {found.faces} faces, {found.pairs} pairs; the peer against itself "
        f"{found.self_ratio:.3f}; thrown away: {found.thrown_away}",
        f"{'attack':12} {'peer':12} {'at':14} {'faster':>7} {'interval':>13} {'passes / limit':>18} {'peer':>6} "
        f"{'success':>8} {'peer':>6} {'8 bits':>6}",
    ]
    for row in found.rows:
        low, high = row.interval
        lines.append(
            f"{row.attack:12} {row.peer:12} {row.at:14} {row.ratio:7.2f} {low:6.2f} {high:6.2f} "
            f"{row.passes:9.1f} / {row.limit:6.1f} {row.peer_limit_ratio:6.2f} {row.success:8.2f} "
            f"{row.peer_success:6.2f} {row.peer_success_8bit:6.2f}"
        )
    return "\n".join(lines)


class RecordedPasses(Counted):
    """Count passes, and note the first forward pass predicted as `wanted`."""

    def __init__(self, model: nn.Module, wanted: int) -> None:
        super().__init__(model)
        self.wanted, self.seen = wanted, {"first": 0}

    def forward(self, x: Tensor) -> Tensor:
        """Compute the network's logits (N, 2), counted."""
        before = self.forwards
        out = super().forward(x)
        if not self.seen["first"]:
            there = margin(out.detach(), torch.full((len(x),), self.wanted)) < 0
            if bool(there.any()):
                self.seen["first"] = before + int(there.nonzero()[0]) + 1
        return out

    @property
    def first(self) -> int | None:
        """Return the number of that pass, from 1; None where there was none."""
        return self.seen["first"] or None


# Passes, passes needed, turned, L2 and L-inf of the change; the last three of the image rounded to 8 bits.
Outcome = tuple[int, int, bool, float, float, bool, float, float]


@dataclass(slots=True, eq=False)
class _Run:
    """Hold one attack on one face, and its result."""

    call: Callable[[Tensor], Tensor]
    x: Tensor
    label: int
    model: RecordedPasses
    changed: Tensor | None = None

    def do(self) -> None:
        self.changed = self.call(self.x)

    @property
    def passes(self) -> int:
        """Count forward and backward passes."""
        return self.model.forwards + self.model.backwards


class _Bench:
    """Hold one run: its faces and the libraries' calls on one detector."""

    def __init__(self, detector: Detector, crops: list[Array], pairs: int, seed: int, progress: Progress) -> None:
        self.detector, self.pairs, self.seed, self.progress = detector, pairs, seed, progress
        self.faces = [(to_tensor(crop), LABELS.index(detector.verdict(crop).label)) for crop in crops]
        self.thrown_away = 0
        self._known: dict[tuple[object, ...], Any] = {}
        self._before: float | None = None  # the self ratio measured last
        self._ran: dict[tuple[object, ...], dict[int, Outcome]] = {}  # what came out of timed calls, by face

    def row(self, job: PeerPair) -> AttackBenchRow:
        """Measure one row of the table."""
        self.progress.emit(f"{job.attack} against {job.peer}, at {job.at}")
        seconds, passes, loudest = self._once(("timed", *_what(job), job.peer), lambda: self._timed(job))
        mine, theirs = (seconds / passes if job.by_pass else seconds).T
        ratio, median = median_of(list(theirs / mine), seed=self.seed), np.median(seconds, axis=0)
        mine, theirs = (self._counted(job, ours=ours) for ours in (True, False))
        both = mine[:, 2] * theirs[:, 2] > 0
        ours, peer = _means(mine, both), _means(theirs, both)
        return AttackBenchRow(
            attack=job.attack,
            peer=job.peer,
            at=job.at,
            ratio=ratio.value,
            interval=ratio.interval,
            passes=ours.passes,
            limit=ours.limit,
            success=ours.success,
            l2=ours.l2,
            linf=ours.linf,
            peer_passes=peer.passes,
            peer_limit=peer.limit,
            peer_success=peer.success,
            peer_l2=peer.l2,
            peer_linf=peer.linf,
            peer_success_8bit=peer.success_8bit,
            peer_l2_8bit=peer.l2_8bit,
            peer_linf_8bit=peer.linf_8bit,
            both=int(both.sum()),
            limit_ratio=ours.passes / ours.limit,
            peer_limit_ratio=peer.passes / peer.limit,
            seconds=float(median[0]),
            peer_seconds=float(median[1]),
            by_pass=job.by_pass,
            self_ratio=loudest,
            budget=job.settings,
            stop_at=job.stop_at,
        )

    def _once(self, key: tuple[object, ...], work: Callable[[], Any]) -> Any:
        """Measure once what two rows share."""
        if key not in self._known:
            self._known[key] = work()
        return self._known[key]

    def _timed(self, job: PeerPair) -> tuple[Array, Array, float]:
        """Time ours and the peer's: seconds and passes (pairs, 2), and the self ratio."""
        for attempt in range(TRIES):
            before = self._itself() if self._before is None else self._before
            found = self._pairs(job)
            after = self._before = self._itself()
            loudest = max(before, after, key=lambda ratio: abs(ratio - 1))
            if SELF[0] <= loudest <= SELF[1]:
                break
            last = attempt == TRIES - 1
            self.progress.emit(
                f"  the peer against itself took {loudest:.3f} times as long: "
                + ("still too loud here; kept, and said in self_ratio" if last else "thrown away and timed again")
            )
            self.thrown_away += not last
        return *found, loudest

    def _pairs(self, job: PeerPair) -> tuple[Array, Array]:
        runs = {ours: [self._ready(job, n, ours=ours) for n in range(self.pairs + 1)] for ours in (True, False)}

        def work(ours: bool) -> Work:
            turn = iter(runs[ours])
            return lambda: next(turn).do()

        seconds = np.asarray(time_pairs(work(True), work(False), pairs=self.pairs))
        for ours, those in runs.items():
            ran = self._ran.setdefault((ours, *_what(job), ours or job.peer), {})
            ran |= {number: self._outcome(job, run) for number, run in enumerate(those[: len(self.faces)])}
        return seconds, np.asarray([[run.passes for run in those[1:]] for those in runs.values()]).T

    def _counted(self, job: PeerPair, *, ours: bool) -> Array:
        """Collect the outcomes (faces, 8); what timed calls or other rows gave is reused."""
        ran = self._ran.setdefault((ours, *_what(job), ours or job.peer), {})
        for number in range(len(self.faces)):
            if number not in ran:
                run = self._ready(job, number, ours=ours)
                run.do()
                ran[number] = self._outcome(job, run)
        return np.asarray([ran[number] for number in range(len(self.faces))], np.float64)

    def _ready(self, job: PeerPair, number: int, *, ours: bool) -> _Run:
        """Prepare an attack on a face, as a library's set-up is not timed."""
        x, label = self.faces[number % len(self.faces)]
        model = RecordedPasses(self.detector.model, 1 - label)
        return _Run(self._call(job, model, label, self.seed + number, ours=ours), x, label, model)

    def _outcome(self, job: PeerPair, run: _Run) -> Outcome:
        assert run.changed is not None
        sizes: list[Any] = []
        for image in (run.changed, (run.changed * 255).round() / 255):
            flipped = self.detector.verdict(to_array(image)).label != LABELS[run.label]
            sizes += [flipped, float((image - run.x).norm()), float((image - run.x).abs().max())]
        outcomes: Outcome = (run.passes, sum(job.need(job.settings, run.model.first)), *sizes)
        return outcomes

    def _call(
        self, job: PeerPair, model: nn.Module, label: int, seed: int, *, ours: bool
    ) -> Callable[[Tensor], Tensor]:
        """Make one attack on an image (1, 3, H, W) with the label; seeded."""
        if ours:
            return lambda x: perturb(
                model, x, job.attack, job.settings, target=LABELS[1 - label], seed=seed, stop_confidence=job.stop_at
            )
        peer, y = job.make(model), torch.tensor([label])

        def call(x: Tensor) -> Tensor:
            with _seeded(seed):
                return peer(x, y).detach()

        return call

    def _itself(self) -> float:
        """Time the first library against itself, in a few steps."""
        x, label = self.faces[0]
        call = self._call(ITSELF, self.detector.model, label, self.seed, ours=False)
        return median_ratio(lambda: call(x), lambda: call(x), pairs=self.pairs, seed=self.seed).value


@dataclass(frozen=True, slots=True)
class _Means:
    """Hold means over faces; norms are None where both flip none."""

    passes: float
    limit: float
    success: float
    l2: float | None
    linf: float | None
    success_8bit: float
    l2_8bit: float | None
    linf_8bit: float | None


def _means(outcomes: Array, both: Array) -> _Means:
    """Average outcomes (faces, 8); norms over the faces (faces,) that `both` flipped."""
    passes, limit, success, success_8bit = outcomes[:, [0, 1, 2, 5]].mean(0).tolist()
    l2, linf, l2_8bit, linf_8bit = outcomes[both][:, [3, 4, 6, 7]].mean(0).tolist() if both.any() else [None] * 4
    return _Means(passes, limit, success, l2, linf, success_8bit, l2_8bit, linf_8bit)


def _what(job: PeerPair) -> tuple[object, ...]:
    return job.attack, str(job.settings), job.stop_at


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed random numbers inside; restore both global states afterwards."""
    state = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            np.random.seed(seed)
            yield
    finally:
        np.random.set_state(state)

"""Release sets of reference signatures with their cards."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from torch import from_numpy

from ..detectors import DEFAULT
from ..detectors.detector import Detector
from ..engine.faces_to_add import checked_attacks
from ..progress import NO_PROGRESS, Progress
from ..signatures import ATTACKS, DEFAULT_KIND, DEFAULT_SET, SIGNATURES
from ..storage.cards import save_model
from ..types.model_card import ReferenceSetCard
from .release import FACES, PAIRS_DATA
from .signature_references import make_reference_set
from .training_facts import ReferenceFacts


def release_signatures(
    detector: Detector,
    data: Path,
    out: Path,
    *,
    more: Sequence[Path] = (),
    kind: str = DEFAULT_KIND,
    name: str = DEFAULT_SET,
    seed: int = 0,
    limit: int | None = None,
    attacks: Sequence[str] = (),
    sizes: Sequence[float] = (),
    jpeg: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> None:
    """Make the reference signatures with `detector` and write them with their card.

    What was computed of each face is kept in `out` until the set is written: a run that was stopped goes on from there.

    Args:
        detector: whose verdicts they are of.
        data: a folder with faces.jsonl, or dfdc.jsonl.
        out: the folder to write to.
        more: other such folders, whose people are others.
        kind: a registered signature.
        name: of the set, see `set_name`.
        seed: of forgeries, attacks and embedding.
        limit: of faces of each folder; all of the val split by default.
        attacks: names of those that are put on forgeries; PGD and FGSM as they are by default.
        sizes: their eps in 1/255, each attack at each; their own where none is given.
        jpeg: quality of a JPEG of each attacked face, which is in the set, too.
        progress: told each face; a stop raises `StopRequested`.
    """
    keep, names = out / f"{name}.faces", tuple(attacks) or tuple(name for name, _ in ATTACKS)
    put = checked_attacks(names, sizes) if attacks or sizes else ()
    of = partial(make_reference_set, kind=kind, seed=seed, limit=limit, attacks=put, jpeg=jpeg, keep=keep)
    parts, facts = of(detector, data, more=more, progress=progress)
    words = ["python -m core train signatures", *["--data DIR"] * (1 + len(more)), f"--out DIR --seed {seed}"]
    words += _words(facts, kind, limit)
    words += [f"--attacks {','.join(attacks)}"] if attacks else []
    words += [f"--eps {','.join(f'{size:g}' for size in sizes)}"] if sizes else []
    words += [f"--jpeg {jpeg}"] if jpeg is not None else []
    sources = dict.fromkeys(_source(one) for one in (data, *more))
    card = _reference_card(facts, kind, name, command=" ".join(words), data="; ".join([*sources, "val split"]))
    save_model(name, {key: from_numpy(np.ascontiguousarray(value)) for key, value in parts.items()}, card, out)
    shutil.rmtree(keep, ignore_errors=True)


def _source(data: Path) -> str:
    return FACES if (data / "faces.jsonl").is_file() else f"{PAIRS_DATA}, real ones, forged here"


def _words(facts: ReferenceFacts, kind: str, limit: int | None) -> list[str]:
    """List the options of kind, detector and limit that were not left as they are."""
    words = [f"--kind {kind}"] if kind != DEFAULT_KIND else []
    words += [f"--detector {facts.detector}"] if facts.detector != DEFAULT else []
    return words + ([f"--limit {limit}"] if limit is not None else [])


def _reference_card(facts: ReferenceFacts, kind: str, name: str, *, command: str, data: str) -> ReferenceSetCard:
    entry = SIGNATURES[kind]
    scaled = ", L1-normalised" if entry.facts.scaled else ""
    return ReferenceSetCard(
        name=name,
        title="Reference signatures",
        source="this project; " + ("Klawikowska et al. 2020" if kind == DEFAULT_KIND else entry.source),
        licence="Apache-2.0",
        what=f"{entry.title}{scaled}; map thumbnails of 24 pixels; no face is in it",
        signature=kind,
        command=command,
        data=data,
        detector=facts.detector,
        kinds=facts.kinds,
        attacks=facts.attacks,
        seed=facts.seed,
        faces=facts.faces,
        signatures=facts.signatures,
        nearest_neighbour_accuracy=facts.nearest_neighbour_accuracy,
        plane=facts.plane,
        people=facts.people,
        people_unknown=facts.people_unknown,
        mixed=facts.mixed,
    )


def set_name(detector: str, kind: str) -> str:
    """Name the reference set of a detector's signatures of one kind."""
    return DEFAULT_SET if (detector, kind) == (DEFAULT, DEFAULT_KIND) else f"signatures-{kind}-{detector}"

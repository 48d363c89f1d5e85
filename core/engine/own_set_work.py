"""Add faces to a reference set of a user's own."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from .. import pipeline
from ..attacks import ATTACKS
from ..detectors import Detector
from ..faces.regions import regions_of_crop
from ..media.images import resized
from ..progress import NO_PROGRESS, Progress
from ..signatures import DEFAULT_KIND, SIGNATURES, reads_regions
from ..signatures.own_faces import begin_set, check_fits_set, facts_of_set, keep_face, keys_of_set, read_face
from ..signatures.own_sets import build_set
from ..storage.files import written_or_said
from ..types import Array, InputError, StopRequested, content_id
from ..types.own_set_values import AddedFaces, FaceFacts, OwnFace, SetFacts
from .faces_to_add import FaceToAdd, attack_label
from .reference_rows import reference_row

PICTURE = (64, 64)  # pixels: large enough to know a face again


def set_facts(detector: Detector, kind: str = DEFAULT_KIND) -> SetFacts:
    """Say of what a set is that is made with a detector."""
    return SetFacts(SIGNATURES[kind].name, detector.name, str(detector.card.sha256))


def kind_of_set(name: str, kind: str | None) -> str:
    """Return the kind that is added to a set.

    The given one, else the set's, else the usual one."""
    there = facts_of_set(name)
    return kind or (there.signature if there else DEFAULT_KIND)


def add_faces(
    name: str,
    detector: Detector,
    faces: Collection[FaceToAdd],
    *,
    kind: str | None = None,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> AddedFaces:
    """Add faces to a set of a user's own, or begin one.

    A face that is in it already stays as it is. A stop keeps the faces that were added; so does an error.

    Args:
        name: of the set.
        detector: whose verdicts the signatures are of.
        faces: with their labels.
        kind: a registered signature; the set's own if missing, and LRP at the penultimate layer in a new one.
        seed: of attacks.
        progress: told each medium; a stop raises `StopRequested`.
    """
    facts = set_facts(detector, kind_of_set(name, kind))
    check_fits_set(name, facts)
    adding = _Adding(name, detector, facts, seed)
    counts = adding.counts
    try:
        for one in progress.each(faces, "Adding faces, media"):
            adding.add(one)
    except (StopRequested, InputError):
        if counts["added"]:
            build_set(name)
        raise
    if not keys_of_set(name):
        why = "".join(f"; {reason} ({count})" for reason, count in adding.left_out.items())
        raise InputError(f"no face that can be judged was found in {len(faces)} media{why}; no set was made")
    progress.emit(f"{len(keys_of_set(name))} signatures; making the plane")
    card, damaged = build_set(name)
    return AddedFaces(
        name=name,
        added=counts["added"],
        known=counts["known"],
        otherwise=counts["otherwise"],
        without=counts["without"],
        signatures=card.signatures or 0,
        people=card.people or 0,
        unknown=card.people_unknown,
        damaged=damaged,
        left_out=dict(adding.left_out),
    )


@dataclass(slots=True, eq=False)
class _Adding:
    """Add faces one by one, and count what came of each.

    counts: faces by what came of them; left_out: why others were left out, and how many.
    """

    name: str
    detector: Detector
    facts: SetFacts
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, one: FaceToAdd) -> None:
        """Add a face, and the one that its attack makes of it."""
        if (crop := one.read()) is None:
            self.counts["without"] += 1
            return
        of = content_id(crop)
        said = replace(one.facts, person=one.facts.person or f"face {of[:16]}")
        self._one(of[:32], said, lambda: crop)
        if one.attack is None:
            return
        name, settings = one.attack
        words = ", ".join(f"{one.name}={one.write(settings[one.name])}" for one in ATTACKS[name].params)
        made = content_id(of, name, repr(sorted(settings.items())), str(self.seed))
        attacked = replace(said, label=attack_label(name), settings=words)

        def perturbed() -> Array:
            seed = (self.seed + int(of[:8], 16)) % 2**31  # the face's own, in whichever order they come
            return pipeline.attacked_crop(pipeline.attack(self.detector, crop, name, settings, seed=seed))

        self._one(made[:32], attacked, perturbed)

    def _one(self, key: str, said: FaceFacts, crop_of: Callable[[], Array]) -> None:
        """Add one signature, unless it is there."""
        with contextlib.suppress(InputError):  # a damaged file is written anew
            if (there := read_face(self.name, key)) is not None:
                self.counts["known" if there.facts.label == said.label else "otherwise"] += 1
                return
        try:
            face = _own_face(self.detector, crop_of(), self.facts.signature, said)
        except InputError as error:
            self.left_out[str(error)] += 1
            return
        with written_or_said(f"the faces before it are in the set {self.name}"):
            begin_set(self.name, self.facts)
            keep_face(self.name, key, face)
        self.counts["added"] += 1


def _own_face(detector: Detector, crop: Array, kind: str, said: FaceFacts) -> OwnFace:
    """Compute what a set keeps of a face."""
    regions = regions_of_crop(crop) if reads_regions(kind) else None
    if reads_regions(kind) and regions is None:
        raise InputError("the regions of the face were not found, which the signature is made of")
    values, thumbnail = reference_row(detector, crop, kind, regions=regions)
    return OwnFace(said, values, thumbnail, resized(crop, PICTURE))

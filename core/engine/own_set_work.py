"""Add faces to a reference set of a user's own."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from .. import pipeline
from ..attacks import ATTACKS
from ..detectors import Detector
from ..detectors.checkpoints.status import detector_names
from ..faces.regions import regions_of_crop
from ..media.images import resized
from ..output.own_set_sentences import done_words
from ..progress import NO_PROGRESS, Progress
from ..recognition.load_recogniser import recogniser_names
from ..signatures import DEFAULT_KIND, SIGNATURES, reads_regions
from ..signatures.own_faces import begin_set, check_fits_set, facts_of_set, keep_face, keys_of_set, read_face
from ..signatures.own_sets import build_set
from ..storage.files import written_or_said
from ..types import Array, InputError, content_id
from ..types.own_set_values import AddedFaces, FaceFacts, OwnFace, SetFacts
from .faces_to_add import FaceToAdd, attack_label, unchanged_words
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


def check_new_name(name: str) -> None:
    """Refuse a new set the name of a detector or a recogniser."""
    for names, what in ((detector_names(), "a detector"), (recogniser_names(), "a recogniser")):
        if name in names and facts_of_set(name) is None:
            raise InputError(f"{name} is the name of {what}; a set of your own takes another name")


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

    A face that is in it stays as it is, but for a person who is named now. A stop or an error keeps what was added.

    Args:
        name: of the set.
        detector: whose verdicts the signatures are of.
        faces: with their labels.
        kind: a registered signature; the set's own if missing, and LRP at the penultimate layer in a new one.
        seed: of attacks.
        progress: told each medium; a stop raises `StopRequested`.
    """
    facts = set_facts(detector, kind_of_set(name, kind))
    check_new_name(name)
    check_fits_set(name, facts)
    adding = _Adding(name, detector, facts, seed)
    counts, left_out = adding.counts, adding.left_out
    try:
        for one in progress.each(faces, "Adding faces, media"):
            adding.add(one)
    except BaseException:  # a stop, Ctrl-C or any error: the set is made of what was added
        if counts["added"] or counts["noted"]:
            with contextlib.suppress(InputError):  # `is_behind` tells then; what ended the work is said
                build_set(name)
        raise
    if not keys_of_set(name):
        why = "".join(f"; {reason} ({count})" for reason, count in left_out.items())
        raise InputError(f"no face that can be judged was found in {len(faces)} media{why}; no set was made")
    progress.emit(f"{len(keys_of_set(name))} signatures; making the plane")
    return adding.built()


@dataclass(slots=True, eq=False)
class _Adding:
    """Add faces one by one, and count what came of each.

    counts: faces by what came of them, "noted" where more is known of one now; left_out: why others were left out, and
    how many.
    """

    name: str
    detector: Detector
    facts: SetFacts
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, one: FaceToAdd) -> None:
        """Add a face, and what its attack makes of it: of the same person."""
        if (read := one.read()) is None:
            self.counts["without"] += 1
            return
        crop, of = read.crop, content_id(read.crop)
        said = self._one(of[:32], one.facts.of_face(read.face), lambda: crop)
        if one.attack is None:
            return
        name, settings = one.attack
        words = ", ".join(f"{one.name}={one.write(settings[one.name])}" for one in ATTACKS[name].params)
        made = content_id(of, name, repr(sorted(settings.items())), str(self.seed))
        attacked = replace(said, label=attack_label(name), settings=words)

        def perturbed() -> Array:
            seed = (self.seed + int(of[:8], 16)) % 2**31  # the face's own, in whichever order they come
            found = pipeline.attacked_crop(pipeline.attack(self.detector, crop, name, settings, seed=seed))
            if words := unchanged_words(name, crop, found):
                raise InputError(words)
            return found

        self._one(made[:32], attacked, perturbed)

    def built(self) -> AddedFaces:
        """Make the set of all its faces; say what came of it."""
        name, counts = self.name, self.counts
        try:
            card, damaged = build_set(name)
        except InputError as error:
            raise InputError(f"{done_words(name, counts)}, but {error}") from None
        return AddedFaces(
            name=name,
            **{what: counts[what] for what in ("added", "known", "named", "otherwise", "without")},
            signatures=card.signatures or 0,
            people=card.people or 0,
            unknown=card.people_unknown,
            damaged=damaged,
            left_out=dict(self.left_out),
        )

    def _one(self, key: str, said: FaceFacts, crop_of: Callable[[], Array]) -> FaceFacts:
        """Add one signature, unless it is there; return what is said of it."""
        there = None
        with contextlib.suppress(InputError):  # a damaged file is written anew
            there = read_face(self.name, key)
        if there is None:
            try:
                face = _own_face(self.detector, crop_of(), self.facts.signature, said)
            except InputError as error:
                self.left_out[str(error)] += 1
                return said
            there = self._keep(key, face)
            if there is face or there is None:
                self.counts["added"] += 1
                return said
        return self._known(key, there, said)

    def _known(self, key: str, there: OwnFace, said: FaceFacts) -> FaceFacts:
        """Count a face that the set has, and note what is known now."""
        if there.facts.label != said.label:
            self.counts["otherwise"] += 1
            if said.named and (said.person, True) != (there.facts.person, there.facts.named):
                self.left_out["whose it is was not noted, for it is in the set under another label"] += 1
            return there.facts
        facts = there.facts.told_more(said)
        if facts != there.facts:
            now = self._keep(key, replace(there, facts=facts), instead_of=there.facts)
            if now is not None and now.facts != facts:  # another writer changed it meanwhile
                return self._known(key, now, said)
            if now is None:
                self.left_out["it was taken out of the set meanwhile"] += 1
                return facts
            self.counts["noted"] += 1
        self.counts["known"] += 1
        self.counts["named"] += facts.named and not there.facts.named
        if said.named and said.person != facts.person:
            self.left_out[f"it is in the set as of {facts.person}, who stays, not as of {said.person}"] += 1
        return facts

    def _keep(self, key: str, face: OwnFace, *, instead_of: FaceFacts | None = None) -> OwnFace | None:
        with written_or_said(f"the faces before it are in the set {self.name}"):
            begin_set(self.name, self.facts)
            return keep_face(self.name, key, face, instead_of=instead_of)


def _own_face(detector: Detector, crop: Array, kind: str, said: FaceFacts) -> OwnFace:
    """Compute what a set keeps of a face."""
    regions = regions_of_crop(crop) if reads_regions(kind) else None
    if reads_regions(kind) and regions is None:
        raise InputError("the regions of the face were not found, which the signature is made of")
    values, thumbnail = reference_row(detector, crop, kind, regions=regions)
    return OwnFace(said, values, thumbnail, resized(crop, PICTURE))

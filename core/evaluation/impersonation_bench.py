"""Ask a recogniser about fakes and real photos of a gallery's people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..detectors import Detector
from ..progress import NO_PROGRESS, Progress
from ..recognition.base import Recogniser
from ..recognition.gallery_folder import refuse_faulty
from ..recognition.gallery_photos import photo_crop
from ..recognition.matching import without_photos
from ..types import InputError
from ..types.impersonation_result import (
    BETA,
    GAMMA,
    Defence,
    ImpersonationResult,
    ImpersonationRow,
    RealPhoto,
    TargetPrediction,
)
from ..types.recognition import FaceCrop, Gallery, GalleryPhoto, Identification
from .impersonation_bias import group_rates
from .impersonation_defences import called_fake, measure_defences
from .impersonation_fakes import FakeFace
from .impersonation_metrics import impersonation_metrics, rate_by_person

MAX_REAL = 12  # real photos of a person that are recognised, evenly spaced


@dataclass(slots=True)
class _Asking:
    """Ask a recogniser, each real photo once."""

    recogniser: Recogniser
    gallery: Gallery
    known: dict[str, Identification] = field(default_factory=dict)
    crops: dict[str, FaceCrop] = field(default_factory=dict)

    def crop(self, photo: GalleryPhoto) -> FaceCrop:
        """Return a photo's face, read once."""
        if photo.name not in self.crops:
            self.crops[photo.name] = photo_crop(photo)
        return self.crops[photo.name]

    def real(self, photo: GalleryPhoto) -> Identification:
        """Recognise a real photo by the others of the gallery."""
        if photo.name not in self.known:
            rest = without_photos(self.gallery, [photo.name])
            self.known[photo.name] = self.recogniser.identify(self.crop(photo), rest)
        return self.known[photo.name]


def evaluate_impersonation(
    gallery: Gallery,
    fakes: Sequence[FakeFace],
    recogniser: Recogniser,
    *,
    detectors: Sequence[Detector] = (),
    beta: float = BETA,
    gamma: float = GAMMA,
    groups: Mapping[str, str] | None = None,
    progress: Progress = NO_PROGRESS,
) -> ImpersonationResult:
    """Measure how often fakes pass as the people they show.

    Args:
        gallery: of this recogniser.
        fakes: of its people.
        recogniser: that is asked.
        detectors: for DD1 (the first), DD2 and DD3; none: no defences.
        beta: confidence in [0, 1] above which DHC counts.
        gamma: resemblance in [0, 1] above which DHS counts.
        groups: person to group, for the bias.
        progress: told each fake and photo; a stop raises `StopRequested`.

    Raises:
        InputError: the gallery is faulty, or no fake could be asked about.
    """
    refuse_faulty(gallery, measured=True)
    asking = _Asking(recogniser, gallery)
    rows, crops, not_judged = _ask(asking, fakes, progress)
    real, real_crops = _real_photos(asking, progress)
    defences = _defences(rows, crops, real, real_crops, detectors, progress)
    kinds = list(dict.fromkeys(row.kind for row in rows))
    return ImpersonationResult(
        gallery,
        tuple(rows),
        not_judged,
        impersonation_metrics(rows, beta=beta, gamma=gamma),
        {kind: impersonation_metrics([r for r in rows if r.kind == kind], beta=beta, gamma=gamma) for kind in kinds},
        tuple(real),
        rate_by_person(_by_photo(real, lambda one: one.predicted == one.person)),
        rate_by_person(_by_photo(real, lambda one: one.predicted not in (None, one.person))),
        defences,
        beta,
        gamma,
        groups or {},
        group_rates(rows, real, groups or {}),
    )


def _ask(
    asking: _Asking, fakes: Sequence[FakeFace], progress: Progress
) -> tuple[list[ImpersonationRow], list[FaceCrop], dict[str, str]]:
    """Return the rows, their faces, and why each other fake was not asked about."""
    rows: list[ImpersonationRow] = []
    crops: list[FaceCrop] = []
    not_judged: dict[str, str] = {}
    for fake in progress.each(fakes, "Recognising the fakes, pictures"):
        reason = fake.reason or _lacks_photo(fake, asking.gallery)
        if reason or fake.crop is None:
            not_judged[fake.name] = reason or "no face"
            continue
        rows.append(_row(fake, fake.crop, asking))
        crops.append(fake.crop)
    if not rows:
        why = next(iter(not_judged.values()), "there is none")
        raise InputError(f"none of the {len(fakes)} fakes could be judged; the first: {why}")
    return rows, crops, not_judged


def _defences(
    rows: Sequence[ImpersonationRow],
    crops: Sequence[FaceCrop],
    real: Sequence[RealPhoto],
    real_crops: Sequence[FaceCrop],
    detectors: Sequence[Detector],
    progress: Progress,
) -> tuple[Defence, ...]:
    if not detectors:
        return ()
    fake = [True] * len(rows) + [False] * len(real)
    people = [*(row.people for row in rows), *({photo.person} for photo in real)]
    found = called_fake([*crops, *real_crops], fake, people, detectors, progress=progress)
    of_fakes = {rule: both[: len(rows)] for rule, both in found.called.items()}
    of_real = {rule: both[len(rows) :] for rule, both in found.called.items()}
    names = [detector.name for detector in detectors]
    measured = measure_defences(rows, of_fakes, real, of_real, names, missing=found.missing, fitted_on=found.fitted_on)
    return tuple(measured)


def _by_photo(real: Sequence[RealPhoto], test: Callable[[RealPhoto], bool]) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {}
    for photo in real:
        found.setdefault(photo.person, []).append(test(photo))
    return found


def _different(gallery: Gallery, person: str) -> list[GalleryPhoto]:
    return [photo for photo in gallery.photos_of(person) if photo.duplicate_of is None]


def _lacks_photo(fake: FakeFace, gallery: Gallery) -> str | None:
    """Say where a target's real photo cannot be recognised by others."""
    for target in fake.targets:
        count = len(_different(gallery, target))
        if count < 2:
            return f"{target} has {count} different photos; two are needed, one to be recognised by the other"
    return None


def _row(fake: FakeFace, crop: FaceCrop, asking: _Asking) -> ImpersonationRow:
    gallery, recogniser = asking.gallery, asking.recogniser
    against = without_photos(gallery, fake.made_of) if fake.made_of else gallery
    said = recogniser.identify(crop, against)
    targets = []
    for person, name in zip(fake.targets, fake.photos, strict=True):
        photo = _photo(gallery, person, name)
        real, alike = asking.real(photo), recogniser.similarity(asking.crop(photo), crop)
        resemblance = recogniser.confidence(alike, gallery)
        targets.append(TargetPrediction(person, photo.name, real.name, real.confidence, alike, resemblance))
    nearest = said.nearest[0].similarity if said.nearest else None
    return ImpersonationRow(fake.name, fake.kind, said.name, said.confidence, tuple(targets), fake.reference, nearest)


def _photo(gallery: Gallery, person: str, name: str | None) -> GalleryPhoto:
    """Return the photo of that name, or the person's most typical one."""
    if name is not None:
        return next(photo for photo in gallery.photos if photo.name == name)
    photos = _different(gallery, person)
    if not gallery.embeddings.shape[1]:
        return photos[0]
    place = {photo.name: k for k, photo in enumerate(gallery.enrolled)}
    vectors = gallery.embeddings[[place[photo.name] for photo in photos]]
    return photos[int(np.argmax((vectors @ vectors.T).sum(1)))]


def _real_photos(asking: _Asking, progress: Progress) -> tuple[list[RealPhoto], list[FaceCrop]]:
    """Recognise real photos of everybody with two different ones, each by the others."""
    chosen: list[GalleryPhoto] = []
    for person in asking.gallery.people:
        photos = _different(asking.gallery, person)
        if len(photos) >= 2:
            places = np.unique(np.linspace(0, len(photos) - 1, min(MAX_REAL, len(photos))).round().astype(int))
            chosen += [photos[int(k)] for k in places]
    found, crops = [], []
    for photo in progress.each(chosen, "Recognising the real photos, pictures"):
        found.append(RealPhoto(photo.person, photo.name, asking.real(photo).name))
        crops.append(asking.crop(photo))
    return found, crops

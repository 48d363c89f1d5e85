"""Galleries: folders, checks, copies, thresholds on impostors, the cache, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.media_attack import samples
from core.recognition import gallery_cache
from core.recognition.alignment import ARCFACE, face_crop
from core.recognition.calibration_of_gallery import calibrate, gallery_scores, threshold_of
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.gallery_checks import check_identities
from core.recognition.gallery_folder import make_gallery, refuse_faulty
from core.recognition.gallery_photos import list_photos, photo_crop
from core.recognition.matching import identify_embedding, without_photos
from core.types import Array, InputError
from core.types.recognition import Gallery, GalleryPhoto


@pytest.fixture(scope="module")
def recogniser() -> EmbeddingRecogniser:
    torch.manual_seed(0)
    network = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 14 * 14, 16, bias=False))
    return EmbeddingRecogniser("tiny", "1", network.requires_grad_(False), ARCFACE, torch.zeros(16))


def photo(folder: Path, name: str, image: Array) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(folder / name, quality=90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people: the astronaut, and a stretched, recoloured one."""
    root = tmp_path_factory.mktemp("gallery")
    face = cv2.resize(samples.portrait()[0:260, 90:350], (160, 160))
    other = cv2.resize(samples.portrait()[0:260, 110:330], (160, 160))[:, ::-1, ::-1] // 2
    photo(root / "ann" / "photo", "a.png", face)
    photo(root / "ann" / "photo", "b.jpg", face)
    photo(root / "ann" / "photo", "c.png", face[:, ::-1])
    photo(root / "bob", "a.png", other)
    photo(root / "bob", "b.png", other[:, ::-1] + 60)
    photo(root / "bob", "empty.png", np.zeros((80, 80, 3), np.uint8))
    (root / "bob" / "broken.png").write_bytes(b"broken")
    return root


@pytest.fixture(scope="module")
def gallery(folder: Path, recogniser: EmbeddingRecogniser) -> Gallery:
    return make_gallery(folder, recogniser, cache=False)


def test_a_gallery_lists_every_photo_and_what_was_found(gallery: Gallery) -> None:
    assert gallery.people == ("ann", "bob")
    assert [one.name for one in gallery.photos] == [
        "ann/photo/a.png",
        "ann/photo/b.jpg",
        "ann/photo/c.png",
        "bob/a.png",
        "bob/b.png",
        "bob/broken.png",
        "bob/empty.png",
    ]
    found = {(one.kind, one.photo) for one in gallery.findings}
    assert {
        ("near duplicate", "ann/photo/b.jpg"),
        ("unreadable", "bob/broken.png"),
        ("no face", "bob/empty.png"),
    } <= found
    assert {one.name for one in gallery.photos if not one.enrolled} == {"bob/broken.png", "bob/empty.png"}
    assert gallery.embeddings.shape == (5, 16)
    refuse_faulty(gallery, measured=True)


def test_a_photo_is_recognised_by_the_others(gallery: Gallery, recogniser: EmbeddingRecogniser) -> None:
    first = gallery.photos[0]
    rest = without_photos(gallery, [first.name])
    assert [one.name for one in rest.enrolled] == ["ann/photo/c.png", "bob/a.png", "bob/b.png"]  # its copy is gone, too
    said = recogniser.identify(photo_crop(first), gallery)
    assert said.nearest[0].name == "ann"
    assert said.nearest[0].photo == "ann/photo/a.png"
    mean = float((gallery.embeddings[:3] @ gallery.embeddings[0]).mean())
    assert said.nearest[0].similarity == pytest.approx(mean, abs=1e-4)
    assert said.threshold == gallery.threshold.similarity if gallery.threshold else False


def test_another_recogniser_is_refused(gallery: Gallery, recogniser: EmbeddingRecogniser) -> None:
    other = EmbeddingRecogniser("other", "1", recogniser.network, ARCFACE, torch.zeros(16))
    with pytest.raises(InputError, match="the gallery was embedded by tiny, not by other"):
        other.identify(face_crop(samples.portrait_face()), gallery)


def test_the_cache_gives_the_same_gallery_without_pictures(
    folder: Path, recogniser: EmbeddingRecogniser, gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_cache, "user_cache", lambda: tmp_path)
    gallery_cache.save_gallery(gallery)
    again = gallery_cache.load_gallery(gallery.id, folder)
    assert again is not None
    assert np.array_equal(again.embeddings, gallery.embeddings)
    assert again.findings == gallery.findings
    assert again.calibration is not None
    assert gallery.calibration is not None
    assert again.calibration.thresholds == gallery.calibration.thresholds
    assert np.array_equal(photo_crop(again.photos[0]).image, photo_crop(gallery.photos[0]).image)
    file = next((tmp_path / "galleries").iterdir())
    file.write_bytes(file.read_bytes()[:100])
    assert gallery_cache.load_gallery(gallery.id, folder) is None


def test_faulty_galleries_are_refused_in_a_sentence(
    folder: Path, recogniser: EmbeddingRecogniser, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="is not a folder; a gallery is a folder with a folder of photos"):
        list_photos(tmp_path / "none")
    with pytest.raises(InputError, match="has no folders; a gallery is"):
        list_photos(tmp_path)
    one = tmp_path / "one"
    for name in ("ann", "bob"):
        (one / name).mkdir(parents=True)
    shutil.copy(folder / "ann" / "photo" / "a.png", one / "ann" / "a.png")
    made = make_gallery(one, recogniser, cache=False)
    with pytest.raises(InputError, match="the folder bob has no photo"):
        refuse_faulty(made)
    shutil.copy(folder / "bob" / "a.png", one / "bob" / "a.png")
    made = make_gallery(one, recogniser, cache=False)
    refuse_faulty(made)
    with pytest.raises(InputError, match="two different photos a person at least.*everybody in this gallery has one"):
        refuse_faulty(made, measured=True)
    shutil.copy(folder / "ann" / "photo" / "a.png", one / "bob" / "b.png")
    made = make_gallery(one, recogniser, cache=False)
    with pytest.raises(InputError, match="the same photo lies under two names: ann/a.png and bob/b.png"):
        refuse_faulty(made)


def test_a_photo_that_changed_is_refused(folder: Path, gallery: Gallery, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    path = tmp_path / "copy" / "bob" / "a.png"
    path.write_bytes(path.read_bytes() + b"x")
    changed = GalleryPhoto("bob", path, "bob/a.png", gallery.photos[3].id, gallery.photos[3].box)
    with pytest.raises(InputError, match="bob/a.png is not there any more, or it has changed"):
        photo_crop(changed)


def drawn(people: int, photos: int, *, spread: float = 0.4) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (people, 32))
    owner = np.repeat(np.arange(people), photos)
    vectors = centres[owner] + rng.normal(0, spread, (len(owner), 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), owner


def test_thresholds_hold_the_false_match_rate_of_the_gallery() -> None:
    vectors, owner = drawn(40, 3)
    scores = gallery_scores(vectors, owner, np.arange(len(owner)))
    assert (len(scores[0]), len(scores[1])) == (120, 120 * 39)
    found = calibrate(scores, None)
    for threshold in found.thresholds:
        assert np.mean(scores[1] >= threshold.similarity) <= threshold.fmr
        assert np.mean(scores[1] >= threshold.similarity - 0.02) >= threshold.fmr
        assert threshold.enough
    assert found.confidence(1.0) > 0.99
    assert found.confidence(-0.5) < 0.01
    assert not threshold_of(scores[1][:50], 1e-3, "few").enough


def test_copies_count_once_and_never_for_each_other() -> None:
    vectors, owner = drawn(3, 2)
    doubled, twice = np.repeat(vectors, 2, axis=0), np.repeat(owner, 2)
    alike = np.repeat(np.arange(6) * 2, 2)
    for a, b in zip(gallery_scores(doubled, twice, alike), gallery_scores(vectors, owner, np.arange(6)), strict=True):
        assert np.allclose(a, b)


def test_somebody_elses_photo_is_doubted_and_not_enrolled() -> None:
    vectors, owner = drawn(3, 4)
    people = ("ann", "bob", "cyd")
    photos = [
        GalleryPhoto(people[k], Path("x"), f"{n}.png", str(n), (0, 0, 9, 9), np.zeros((5, 2), np.float32))
        for n, k in enumerate(owner)
    ]
    by_name = {one.name: vector for one, vector in zip(photos, vectors, strict=True)}
    by_name["0.png"] = vectors[5]  # ann's first photo shows bob
    kept, findings = check_identities(photos, by_name, people)
    assert [(one.kind, one.photo) for one in findings] == [("doubtful identity", "0.png")]
    assert "0.png is not enrolled: it is nearer to bob" in findings[0].sentence
    assert [one.name for one in kept if not one.enrolled] == ["0.png"]


def test_a_stranger_has_no_name() -> None:
    vectors, owner = drawn(6, 5)
    photos = tuple(
        GalleryPhoto(str(k), Path("x"), f"{n}.png", str(n), (0, 0, 9, 9), np.zeros((5, 2), np.float32))
        for n, k in enumerate(owner)
    )
    calibration = calibrate(gallery_scores(vectors, owner, np.arange(len(owner))), None)
    gallery = Gallery("id", Path("g"), "tiny", tuple("012345"), photos, owner, vectors, (), calibration, 1e-2)
    stranger = np.random.default_rng(5).normal(0, 1, 32).astype(np.float32)
    said = identify_embedding(stranger / np.linalg.norm(stranger), gallery)
    assert (said.name, said.confidence) == (None, None)
    assert [one.similarity for one in said.nearest] == sorted((one.similarity for one in said.nearest), reverse=True)
    known = identify_embedding(vectors[7], gallery)
    assert known.name == "1"
    assert known.confidence is not None
    assert known.confidence > 0.9

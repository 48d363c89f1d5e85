"""Making a reference set: stopped or killed in the middle, it goes on, and ends bit for bit where it would have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_classifier import GOOD
from PIL import Image
from recorded_progress import RecordedProgress, after_steps
from uncompiled import short_umap

from core.detectors import Detector
from core.engine.faces_to_add import checked_attacks
from core.media_attack import samples
from core.output.own_set_sentences import unknown_sentence
from core.signatures import load_reference_set, reference_classifier
from core.storage import files
from core.training import kept_signatures, reference_release, signature_references
from core.training.training_faces import KINDS, load_faces
from core.types import Array, InputError, StopRequested

FACES = 10


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ten small faces of the val split: the portrait's, shifted and tinted."""
    folder = tmp_path_factory.mktemp("faces")
    found, rows = samples.portrait_face(), []
    left, top = (int(v) - 20 for v in found.box[:2])
    for i in range(FACES):
        cut = samples.portrait()[top + i : top + i + 200, left + i : left + i + 200]
        image = cv2.resize(cv2.convertScaleAbs(cut, alpha=0.8 + i / 20), (64, 64), interpolation=cv2.INTER_AREA)
        Image.fromarray(image).save(folder / f"{i}.png")
        landmarks = (found.landmarks - np.asarray([left + i, top + i], np.float32)) * 0.32
        rows.append({"file": f"{i}.png", "split": "val", "landmarks": landmarks.tolist()})
    (folder / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature_references, "ATTACKS", (("pgd", {"steps": 2}), ("fgsm", {})))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the faces that are computed, in order."""
    computed, whole = list[int](), signature_references._of_face

    def noted(*given: object) -> dict[str, Array]:
        computed.append(int(str(given[2])))
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(signature_references, "_of_face", noted)
    return computed


def folder_of(out: Path) -> Path:
    (found,) = (out / "signature-bank.faces").iterdir()
    return found


def release_to(out: Path, detector: Detector, data: Path, progress: RecordedProgress | None = None) -> bytes:
    with short_umap(5):
        reference_release.release_signatures(detector, data, out, progress=progress or RecordedProgress())
    return (out / "signature-bank.safetensors").read_bytes() + (out / "signature-bank.json").read_bytes()


@pytest.mark.slow
def test_a_stopped_set_goes_on_and_ends_bit_for_bit_the_same(
    data: Path, tmp_path: Path, random_detector: Detector, made: list[int]
) -> None:
    whole = release_to(tmp_path / "whole", random_detector, data)
    assert made == list(range(FACES))
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == [
        "signature-bank.json",
        "signature-bank.safetensors",
    ]
    made.clear()
    out = tmp_path / "stopped"
    with pytest.raises(StopRequested):
        release_to(out, random_detector, data, RecordedProgress(after_steps(4)))
    assert made == [0, 1, 2, 3]
    assert not (out / "signature-bank.json").exists(), "nothing that could be taken for a set"
    progress = RecordedProgress()
    assert release_to(out, random_detector, data, progress) == whole
    assert made == list(range(FACES)), "no face is computed twice"
    assert f"going on: the signatures of 4 of {FACES} faces are there" in progress.emitted
    assert progress.told[-1][:2] == (FACES, FACES)
    assert not (out / "signature-bank.faces").exists()


@pytest.mark.slow
def test_a_killed_writer_leaves_nothing_that_counts(
    data: Path, tmp_path: Path, random_detector: Detector, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One dies as it writes its third face; another left a file cut short, as a full disk may."""
    faces = load_faces(data, "val", limit=5)
    whole = signature_references.collect(random_detector, faces, seed=0)
    made.clear()
    real = files.atomic_write

    def dies(path: Path, content: bytes) -> None:
        if path.name == "00002.safetensors":
            path.with_suffix(".partial").write_bytes(content[:99])
            raise SystemExit
        real(path, content)

    monkeypatch.setattr(kept_signatures, "atomic_write", dies)
    with pytest.raises(SystemExit):
        signature_references.collect(random_detector, faces, seed=0, keep=tmp_path / "signature-bank.faces")
    monkeypatch.setattr(kept_signatures, "atomic_write", real)
    cut = folder_of(tmp_path) / "00001.safetensors"
    cut.write_bytes(cut.read_bytes()[:-7])
    made.clear()
    again = signature_references.collect(random_detector, faces, seed=0, keep=tmp_path / "signature-bank.faces")
    assert made == [1, 2, 3, 4]
    assert set(again) == set(whole)
    for name, values in whole.items():
        assert values.dtype == again[name].dtype
        assert np.array_equal(values, again[name]), name


def test_what_was_kept_of_another_set_is_left_alone(
    data: Path, tmp_path: Path, random_detector: Detector, made: list[int]
) -> None:
    """Another seed, kind or number of faces begins anew: a forgery may be made with any of the faces."""

    def collect(*, seed: int = 0, kind: str = "activations", limit: int = 2) -> list[int]:
        made.clear()
        few = load_faces(data, "val", limit=limit)
        signature_references.collect(random_detector, few, seed=seed, kind=kind, keep=tmp_path)
        return list(made)

    assert collect() == [0, 1]
    assert collect() == []
    assert collect(seed=1) == [0, 1]
    assert collect(kind="lrp-last-layer") == [0, 1]
    assert collect(limit=3) == [0, 1, 2]
    assert collect() == []


def test_a_face_without_regions_is_kept_as_one(
    data: Path, tmp_path: Path, random_detector: Detector, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    faces, sought = load_faces(data, "val", limit=2), iter([None, None, *[np.zeros((64, 64), np.uint8)] * 2])
    monkeypatch.setattr(signature_references, "regions_of_crop", lambda _: next(sought))
    first = signature_references.collect(random_detector, faces, seed=0, kind="lrp-regions", keep=tmp_path)
    assert first["kinds"].tolist() == [0, 1, 2]
    made.clear()
    again = signature_references.collect(random_detector, faces, seed=0, kind="lrp-regions", keep=tmp_path)
    assert made == []
    assert all(np.array_equal(first[name], again[name]) for name in first)
    monkeypatch.setattr(signature_references, "regions_of_crop", lambda _: None)
    with pytest.raises(InputError, match="in none of 1 faces the regions were found"):
        signature_references.collect(random_detector, load_faces(data, "val", limit=1), seed=0, kind="lrp-regions")


def test_several_attacks_budgets_and_a_jpeg_are_in_a_set(data: Path, random_detector: Detector) -> None:
    faces, put = load_faces(data, "val"), checked_attacks(["fgsm", "noise"], [4, 16])
    found = signature_references.collect(random_detector, faces, seed=0, kind="activations", attacks=put, jpeg=75)
    assert found["kinds"].tolist() == [0, 1, 2, 2] * FACES
    assert found["people"].tolist() == np.repeat(np.arange(FACES), 4).tolist()
    of_attacks = found["attacks"].reshape(FACES, 4)
    assert (of_attacks[:, :2] == 0).all()
    assert np.array_equal(of_attacks[:, 2], of_attacks[:, 3]), "compression leaves the attack what it was"
    assert set(of_attacks[:, 2].tolist()) == {1, 2}
    values = found["values"].reshape(FACES, 4, -1)
    assert all(not np.array_equal(one[2], one[3]) for one in values), "compression changes the signature"
    plain = signature_references.collect(random_detector, faces, seed=0, kind="activations", attacks=put)
    assert np.array_equal(plain["values"].reshape(FACES, 3, -1), values[:, :3])
    one_size = checked_attacks(["fgsm"], [4])
    other = signature_references.collect(random_detector, faces, seed=0, kind="activations", attacks=one_size)
    assert not np.array_equal(other["values"], plain["values"])


SWAPPED = [i for i in range(FACES) if np.random.default_rng([0, i]).choice(KINDS) == "swap"]


def test_a_person_that_is_null_is_not_known(data: Path) -> None:
    index = data / "faces.jsonl"
    rows = [json.loads(line) | {"person": None} for line in index.read_text().splitlines()]
    (data / "nobody.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert load_faces(data, "val", lists=("nobody.jsonl",)).people == ()


def test_people_are_known_though_faces_are_mixed_of_two_which_is_said(
    data: Path, random_detector: Detector, tmp_path: Path
) -> None:
    folder = tmp_path / "people"
    shutil.copytree(data, folder)
    rows = [json.loads(line) | {"person": "Ada"} for line in (data / "faces.jsonl").read_text().splitlines()]
    (folder / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.MonkeyPatch.context() as patch, short_umap(5):
        known = [_known(random_detector, folder, tmp_path / "mixed")]
        patch.setattr(signature_references, "FORGERIES", ("warp",))
        known.append(_known(random_detector, folder, tmp_path / "pure"))
    assert SWAPPED
    (mixed, words), pure = known
    assert mixed, "each face counts as one known person's"
    assert words == (
        f"Of its faces {len(SWAPPED)} forgeries show a second person, who is not counted: errors may be larger.",
        len(SWAPPED),
    )
    assert pure == (True, ("", None))


def _known(detector: Detector, data: Path, out: Path) -> tuple[bool, tuple[str, int | None]]:
    out.mkdir()
    reference_release.release_signatures(detector, data, out, kind="activations", name="known")
    found = load_reference_set("known", folder=out)
    measured = reference_classifier._of_people(found, GOOD)
    assert measured.people_known is None, "they are"
    return found.people_known, (unknown_sentence(found.card), measured.mixed)


@pytest.mark.slow
def test_a_set_of_known_people_says_who_and_how_it_was_made(
    data: Path, tmp_path: Path, random_detector: Detector
) -> None:
    """Of a folder that lists people and forged faces, the real ones that have landmarks are taken."""
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [json.loads(line) for line in (data / "faces.jsonl").read_text().splitlines()]
    for number, row in enumerate(rows):
        shutil.copy(data / row["file"], folder)
        row |= {"label": "real", "person": number // 2 if number < 8 else None}
    rows += [{"file": "fake.png", "split": "val", "label": "fake", "person": 0}]
    (folder / "dfdc.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with short_umap(5):
        reference_release.release_signatures(
            random_detector,
            folder,
            tmp_path,
            kind="activations",
            name="known",
            attacks=["fgsm"],
            sizes=[4, 16],
            jpeg=75,
        )
    found = load_reference_set("known", folder=tmp_path)
    card = found.card
    assert (card.faces, card.signatures, card.people, card.people_unknown) == (10, 40, 6, 2)
    assert not found.people_known, "two of them nobody named"
    assert card.mixed == len(SWAPPED), "swaps show a donor, too"
    assert found.people.tolist() == np.repeat([0, 0, 1, 1, 2, 2, 3, 3, 4, 5], 4).tolist()
    assert card.attacks == ("none", "fgsm")
    assert card.command.endswith("--attacks fgsm --eps 4,16 --jpeg 75")
    assert "Deepfake Detection Challenge" in card.data
    assert set(card.nearest_neighbour_accuracy) == {"all", "real", "fake", "attacked"}


@pytest.mark.slow
def test_a_set_of_two_folders_holds_the_people_of_both(data: Path, tmp_path: Path, random_detector: Detector) -> None:
    """The second one's faces have names of their own, though the same numbers and the same person's name."""
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(data, first)
    shutil.copytree(data, second)
    rows = [json.loads(line) for line in (data / "faces.jsonl").read_text().splitlines()]
    (first / "faces.jsonl").unlink()
    (first / "dfdc.jsonl").write_text("\n".join(json.dumps(row | {"person": "Ada"}) for row in rows))
    whose = ["Ada", "Ada", *[None] * (FACES - 2)]
    (second / "faces.jsonl").write_text(
        "\n".join(json.dumps(row | {"person": one}) for row, one in zip(rows, whose, strict=True))
    )
    with short_umap(5):
        reference_release.release_signatures(
            random_detector, first, tmp_path, more=[second], kind="activations", name="two", limit=6
        )
    with pytest.raises(InputError, match="a folder is named twice"):
        signature_references.make_reference_set(random_detector, first, more=[first], kind="activations", limit=6)
    found = load_reference_set("two", folder=tmp_path)
    card = found.card
    assert (card.faces, card.signatures, card.people, card.people_unknown) == (12, 36, 6, 4)
    assert found.people.tolist() == [*[0] * 18, *[1] * 6, *np.repeat(np.arange(2, 6), 3).tolist()]
    assert card.command.startswith("python -m core train signatures --data DIR --data DIR --out DIR")
    assert "Deepfake Detection Challenge" in card.data
    assert "UTKFace" in card.data
    alone = signature_references.collect(
        random_detector, load_faces(second, "val", limit=6), seed=1, kind="activations"
    )
    assert np.array_equal(found.values[18:], alone["values"].astype(np.float32)), "of the next seed"
    clean = found.kinds != 2
    assert np.array_equal(np.unique(found.people[clean]), np.arange(6))

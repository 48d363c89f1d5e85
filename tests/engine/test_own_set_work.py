"""Faces of folders, cases and open files are added to a set; a stop or bad input loses none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_set_crops import FORGED, REAL, listed, people_of
from PIL import Image
from recorded_progress import RecordedProgress, after_steps

from core import pipeline
from core.cases.case_folder import new_case
from core.detectors import Detector
from core.detectors.checkpoints import user_checkpoints
from core.engine import own_set_work
from core.engine.faces_to_add import (
    FaceToAdd,
    ReadFace,
    attack_label,
    case_faces,
    checked_attacks,
    found_face,
    labelled_folder,
    plain_folder,
)
from core.engine.own_set_work import add_faces
from core.evaluation.labelled_faces import largest_face
from core.output.own_set_sentences import added_sentence
from core.signatures import load_reference_set, own_faces
from core.signatures.own_faces import keys_of_set, read_face, set_names
from core.signatures.own_sets import is_behind
from core.signatures.reference import misfit, reference_card
from core.storage.files import sha256_of
from core.types import Array, InputError, StopRequested
from core.types.own_set_values import AddedFaces, FaceFacts, FileFace, OwnFace


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


def test_faces_are_added_once(random_detector: Detector) -> None:
    first = add_faces("mine", random_detector, listed(3))
    assert first == AddedFaces("mine", 3, 0, 0, 0, 3, 3, 3)
    again = add_faces("mine", random_detector, listed(4, person="Ada"))
    assert (again.added, again.known, again.named, again.people, again.unknown) == (1, 3, 3, 1, 0), (
        "now it is said whose"
    )
    other = add_faces("mine", random_detector, listed(4, FORGED))
    assert (other.added, other.known, other.otherwise, other.signatures) == (0, 0, 4, 4)
    assert load_reference_set("mine").kinds.tolist() == [0] * 4, "the label that was given first stays"
    assert "4 are in it under another label, which stays" in added_sentence(other)
    assert added_sentence(first) == "3 faces added to mine. It holds 3 signatures of 3 files whose person nobody named."
    assert "It holds 4 signatures of 1 person." in added_sentence(again)


def test_a_person_is_named_later_and_never_replaced(random_detector: Detector) -> None:
    add_faces("mine", random_detector, listed(2))
    add_faces("mine", random_detector, listed(1, person="Ada"))
    assert people_of("mine") == [("Ada", True), ("file 0000000000000001", False)]
    other = add_faces("mine", random_detector, listed(2, person="Eve"))
    assert (other.named, other.people, other.unknown) == (1, 2, 0)
    assert people_of("mine") == [("Ada", True), ("Eve", True)]
    assert "1 left out: it is in the set as of Ada, who stays, not as of Eve" in added_sentence(other)
    assert add_faces("mine", random_detector, listed(2)).named == 0, "a name is not taken away"
    assert people_of("mine") == [("Ada", True), ("Eve", True)]


def test_an_attacked_face_is_of_the_person_whom_the_set_has(random_detector: Detector, forged: Array) -> None:
    (attack,) = checked_attacks(["fgsm"], [4])

    def forgery(person: str) -> FaceToAdd:
        return replace(
            found_face(forged, FORGED, person=person, face=FileFace("a" * 64, 0), source="a.png"), attack=attack
        )

    clean = found_face(forged, FORGED, person="Ada", face=FileFace("a" * 64, 0), source="a.png")
    add_faces("mine", random_detector, [clean])
    found = add_faces("mine", random_detector, [forgery("Eve")])
    assert (found.added, found.people) == (1, 1)
    assert people_of("mine") == [("Ada", True), ("Ada", True)]
    assert len(set(load_reference_set("mine").people.tolist())) == 1, "never one to fit and one to test"


def test_an_unnamed_face_is_of_its_file_in_every_way(random_detector: Detector, data: Path, tmp_path: Path) -> None:
    file = data / "warp" / "c.png"
    crop = largest_face(file)
    assert crop is not None
    case = new_case(tmp_path / "case", "Case", actor="Ada")
    case.add_file(file)
    light = np.minimum(crop, 200)
    add_faces("mine", random_detector, labelled_folder(data, attacks=checked_attacks(["fgsm"], [4])))
    add_faces("mine", random_detector, case_faces(case, case.state().exhibits, FORGED))
    shown = found_face(light, attack_label("pgd"), person="", face=FileFace(sha256_of(file), 0), source="c.png")
    add_faces("mine", random_detector, [shown])
    own = f"file {sha256_of(file)[:16]}"
    assert people_of("mine").count((own, False)) == 3, "clean, attacked here and attacked elsewhere"
    assert reference_card("mine").people_unknown == 2, "b.png and c.png, files that nobody named"
    add_faces(
        "mine",
        random_detector,
        [found_face(crop, FORGED, person="Cy", face=FileFace(sha256_of(file), 0), source="c.png")],
    )
    assert (reference_card("mine").people, reference_card("mine").people_unknown) == (3, 1), "the attacked ones, too"


def test_a_set_is_of_its_detector_and_kind(random_detector: Detector) -> None:
    add_faces("mine", random_detector, listed(2), kind="activations")
    card = reference_card("mine")
    assert (card.signature, card.detector, card.detector_sha256) == (
        "activations",
        random_detector.name,
        str(random_detector.card.sha256),
    )
    assert misfit(card, random_detector) is None
    assert add_faces("mine", random_detector, listed(3)).added == 1, "the set's own kind, where none is given"
    with pytest.raises(InputError, match="the set mine holds signatures of the kind activations; what came is shap"):
        add_faces("mine", random_detector, listed(2), kind="shap-grid")
    other = replace(card, detector="another")
    assert misfit(other, random_detector) == f"the reference signatures are of another, not {random_detector.name}"
    retrained = replace(card, detector_sha256="1" * 64)
    assert "of other weights of" in str(misfit(retrained, random_detector))
    assert "kind odd, which is not known here" in str(misfit(replace(card, signature="odd"), random_detector))


def test_a_stop_keeps_what_was_added(random_detector: Detector) -> None:
    asked = RecordedProgress(after_steps(2))
    with pytest.raises(StopRequested):
        add_faces("mine", random_detector, listed(5), progress=asked)
    assert len(load_reference_set("mine").values) == len(keys_of_set("mine")) == 2
    assert add_faces("mine", random_detector, listed(5)).added == 3


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError])
def test_ctrl_c_and_a_fault_keep_what_was_added(random_detector: Detector, raised: type[BaseException]) -> None:
    def read() -> ReadFace | None:
        raise raised

    faces = [*listed(2), replace(listed(3)[2], read=read)]
    with pytest.raises(raised):
        add_faces("mine", random_detector, faces)
    assert len(load_reference_set("mine").values) == len(keys_of_set("mine")) == 2
    assert not is_behind("mine")


def test_a_face_that_its_attack_left_as_it_was_is_not_attacked(
    random_detector: Detector, forged: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "attacked_crop", lambda _: forged)
    face = found_face(forged, FORGED, person="", face=FileFace("a" * 64, 0), source="a.png")
    found = add_faces("mine", random_detector, [replace(face, attack=checked_attacks(["fgsm"], [4])[0])])
    assert (found.added, found.signatures) == (1, 1)
    assert dict(found.left_out) == {"FGSM left the face as it was, so that it is not attacked": 1}


@pytest.mark.parametrize("name", ["deepfool-l2", "cw"])
def test_a_budget_that_is_a_length_is_not_read_in_parts_of_255(name: str) -> None:
    with pytest.raises(InputError, match=f"budgets are in 1/255, and that of {name} is a length"):
        checked_attacks(["pgd", name], [4])
    assert checked_attacks([name])[0][1]["eps"] == 10


def test_a_disk_that_is_full_keeps_the_faces_before(random_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, kept = own_faces.keep_face, list[str]()

    def full(name: str, key: str, face: OwnFace, **named: FaceFacts | None) -> OwnFace | None:
        if len(kept) == 2:
            raise OSError(28, "No space left on device", key)
        kept.append(key)
        return keep(name, key, face, **named)

    monkeypatch.setattr(own_set_work, "keep_face", full)
    with pytest.raises(InputError, match="No space left on device; the faces before it are in the set mine"):
        add_faces("mine", random_detector, listed(5))
    assert len(load_reference_set("mine").values) == 2


@pytest.mark.parametrize("name", ["xception-ff", "dlib-resnet", "mine-of-own"])
def test_a_set_takes_no_name_of_a_detector_or_recogniser(
    random_detector: Detector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(user_checkpoints, "names", lambda: ["mine-of-own"])
    with pytest.raises(InputError, match=f"{name} is the name of a .*; a set of your own takes another name"):
        add_faces(name, random_detector, listed(1))
    assert set_names() == []


def test_media_without_a_face_make_no_set(random_detector: Detector, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    Image.fromarray(np.zeros((80, 80, 3), np.uint8)).save(folder / "black.png")
    (folder / "broken.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no face that can be judged was found in 2 media; no set was made"):
        add_faces("mine", random_detector, plain_folder(folder, REAL))
    assert set_names() == []


@pytest.fixture
def data(tmp_path: Path, forged: Array) -> Path:
    """real/ and two forgeries, whose names tell one person of three."""
    root = tmp_path / "data"
    for number, name in enumerate(("real/a.png", "real/b.png", "swap/a-1.png", "warp/c.png")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.minimum(forged, 255 - 9 * number)).save(path)
    return root


def test_a_folder_says_what_its_faces_are_and_whose(random_detector: Detector, data: Path) -> None:
    attacks = checked_attacks(["pgd", "fgsm"], [4])
    faces = labelled_folder(data, attacks=attacks)
    said = {one.facts.source: (one.facts.label.kind, one.facts.person, one.facts.named) for one in faces}
    assert said == {
        "real/a.png": ("real", "a", True),
        "real/b.png": ("real", "", False),
        "swap/a-1.png": ("fake", "a", True),
        "warp/c.png": ("fake", "", False),
    }
    assert [one.attack and one.attack[0] for one in faces] == [None, None, "fgsm", "pgd"]
    found = add_faces("mine", random_detector, faces)
    assert (found.added, found.people, found.unknown) == (6, 3, 2)
    references = load_reference_set("mine")
    assert references.card.attacks == ("none", "fgsm", "pgd")
    assert np.bincount(references.kinds).tolist() == [2, 2, 2]
    kept = [read_face("mine", key) for key in keys_of_set("mine")]
    settings = {one.facts.label.attack: one.facts.settings for one in kept if one}
    assert settings["fgsm"] == "eps=4, loss=margin"
    assert settings["pgd"].startswith("eps=4, ")
    assert add_faces("mine", random_detector, faces).known == 6, "the attacked faces are not made again"


def test_folders_can_be_people(data: Path, tmp_path: Path) -> None:
    root = tmp_path / "people"
    for name in ("real/ada/1.png", "real/bob/1.png", "swap/ada/2.png"):
        (root / name).parent.mkdir(parents=True)
        shutil.copy(data / "real" / "a.png", root / name)
    said = [(one.facts.person, one.facts.named) for one in labelled_folder(root, person_folders=True)]
    assert said == [("ada", True), ("bob", True), ("ada", True)]
    alone = plain_folder(root / "real", REAL, person_folders=True)
    assert [one.facts.person for one in alone] == ["ada", "bob"]
    with pytest.raises(InputError, match=r"real/a.png lies in no folder of a person; 4 files do not"):
        labelled_folder(data, person_folders=True)


def test_files_of_a_case_are_added(random_detector: Detector, data: Path, tmp_path: Path) -> None:
    case = new_case(tmp_path / "case", "Case", actor="Ada")
    for name in ("real/a.png", "warp/c.png"):
        case.add_file(data / name)
    faces = case_faces(case, case.state().exhibits, attack_label("unknown"))
    found = add_faces("mine", random_detector, faces)
    assert (found.added, found.unknown) == (2, 2)
    assert load_reference_set("mine").card.attacks == ("none", "unknown")


def test_what_cannot_be_listed_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match="is not a folder; a folder of images and videos is wanted"):
        plain_folder(tmp_path / "nowhere", REAL)
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        plain_folder(tmp_path / ("x" * 300), REAL)
    (tmp_path / "void").mkdir()
    with pytest.raises(InputError, match="holds no image or video"):
        plain_folder(tmp_path / "void", REAL)
    with pytest.raises(InputError, match="has no folder real/"):
        labelled_folder(data / "real")
    with pytest.raises(InputError, match="there is no attack 'magic'; known are: .*, unknown"):
        attack_label("magic")
    with pytest.raises(InputError, match="evades an attack detector"):
        checked_attacks(["adaptive-detector"])

"""What is said of a set's faces: whose each is, of which file, and which others are not compared with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from own_set_crops import FORGED, REAL, crops, listed, people_of
from torch import Tensor

from core.detectors import Detector
from core.engine import own_set_work
from core.engine.faces_to_add import FaceToAdd, attack_label, found_face
from core.engine.own_set_work import add_faces
from core.engine.placed_face import place_face
from core.output.signature_sentences import neighbours_sentence
from core.signatures import load_reference_set, own_faces, own_sets
from core.signatures.own_faces import keys_of_set, read_face
from core.signatures.own_sets import is_behind
from core.signatures.reference import reference_card
from core.storage.cards import save_model
from core.types import Array, InputError
from core.types.model_card import ReferenceSetCard
from core.types.own_set_values import FaceFacts, FaceLabel, FileFace, OwnFace


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


def test_of_a_group_photo_the_face_that_was_named_is_known_alone(random_detector: Detector) -> None:
    ada, bea, light = crops(3)

    def face(crop: Array, track: int, person: str = "", label: FaceLabel = FORGED) -> FaceToAdd:
        return found_face(crop, label, person=person, face=FileFace("a" * 64, track), source="group.png")

    add_faces("mine", random_detector, [face(ada, 0, "Ada"), face(bea, 1), face(light, 0, label=attack_label("pgd"))])
    found = load_reference_set("mine")
    whose = dict(zip(found.faces, zip(found.people.tolist(), found.named.tolist(), strict=True), strict=True))
    assert len(found.faces) == 3
    assert whose[FileFace("a" * 64, 0)] != whose[FileFace("a" * 64, 1)]
    assert not whose[FileFace("a" * 64, 1)][1]
    assert (found.card.people, found.card.people_unknown) == (2, 1)
    assert found.named.tolist().count(True) == 2, "her attacked face is hers"


def test_a_face_is_not_compared_with_its_files_other_pictures_of_it(random_detector: Detector) -> None:
    first, later, attacked, other, away = crops(5)
    video = "a" * 64

    def face(crop: Array, label: FaceLabel, file: FileFace) -> FaceToAdd:
        return found_face(crop, label, person="", face=file, source="video.mp4")

    add_faces(
        "mine",
        random_detector,
        [
            face(later, FORGED, FileFace(video, 0, 16)),
            face(attacked, attack_label("fgsm"), FileFace(video, 0, 16)),
            face(other, REAL, FileFace(video, 1, 16)),
            face(away, REAL, FileFace("b" * 64, 0, 16)),
        ],
    )
    found = load_reference_set("mine")
    rows = {one: at for at, one in enumerate(found.faces)}

    def near(asked: FileFace) -> tuple[set[int], str]:
        placed = place_face(random_detector, found, first, [first], asked)
        return {one.index for one in placed.neighbours}, placed.evidence.there

    theirs = {rows[FileFace(video, 1, 16)], rows[FileFace("b" * 64, 0, 16)]}
    assert near(FileFace(video, 0, 16)) == (theirs, "picture"), "neither its other frame nor an attack on that"
    assert near(FileFace(video, 2, 16)) == ({0, 1, 2, 3}, ""), "another face of the file"
    placed = place_face(random_detector, found, later, [later], FileFace("c" * 64, 0))
    assert {one.index for one in placed.neighbours} == theirs, "its crop came in another file: so did the attack on it"
    assert near(FileFace(video, 0, 8)) == ({rows[FileFace("b" * 64, 0, 16)]}, "file"), "of another search: perhaps"
    assert near(FileFace("c" * 64, 0, 16)) == ({0, 1, 2, 3}, "")


def test_a_set_without_files_is_read_and_told_by_crops_alone(
    random_detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    (crop, *_), save = crops(3), save_model

    def as_before(name: str, tensors: dict[str, Tensor], card: ReferenceSetCard, out: Path) -> ReferenceSetCard:
        parts = {part: value for part, value in tensors.items() if part not in ("faces", "named")}
        return save(name, parts, replace(card, made_of=""), out)

    with monkeypatch.context() as patch:
        patch.setattr(own_sets, "save_model", as_before)
        patch.setattr(own_sets, "content_of_set", lambda _: "")
        add_faces("mine", random_detector, listed(3, person="Ada")[:2] + listed(3)[2:])
    found = load_reference_set("mine")
    assert not is_behind("mine")
    placed = place_face(random_detector, found, crop, [crop], FileFace(f"{0:016x}", 0))
    assert (placed.evidence.left_out, placed.evidence.there) == (2, "face")
    own_faces.drop_faces("mine", keys_of_set("mine")[:1])
    assert is_behind("mine")


def test_what_a_set_is_made_of_is_all_that_is_said_of_its_faces(random_detector: Detector) -> None:
    add_faces("mine", random_detector, listed(3))
    key = keys_of_set("mine")[0]
    face = read_face("mine", key)
    assert face
    assert not is_behind("mine")
    for facts in (replace(face.facts, label=FORGED), replace(face.facts, person="Ada", named=True)):
        assert own_faces.keep_face("mine", key, replace(face, facts=facts), instead_of=face.facts)
        assert is_behind("mine"), facts
        assert own_faces.keep_face("mine", key, face, instead_of=facts)
        assert not is_behind("mine")
    own_faces.drop_faces("mine", [key])
    own_faces.keep_face("mine", "0" * 32, face)
    assert len(keys_of_set("mine")) == 3
    assert is_behind("mine"), "one removed and one added"


def test_a_person_whose_naming_the_disk_ends_is_told(
    random_detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_faces("mine", random_detector, listed(2))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "mine.safetensors")

    with monkeypatch.context() as patch:
        patch.setattr("core.storage.cards.atomic_write_all", full)
        said = r"0 faces added to mine, and the person of 1 face of it noted, but mine.safetensors could not be written"
        with pytest.raises(InputError, match=said):
            add_faces("mine", random_detector, listed(1, person="Ada"))
    assert is_behind("mine"), "the set does not know her yet"
    own_sets.build_set("mine")
    assert reference_card("mine").people_unknown == 1


def test_of_two_writers_of_a_face_the_second_is_told(
    random_detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer adds each face, or names it, just before this one does."""
    keep = own_faces.keep_face
    other = FaceFacts(FORGED, "Eve", True, "other.png")

    def late(name: str, key: str, face: OwnFace, *, instead_of: FaceFacts | None = None) -> OwnFace | None:
        keep(name, key, replace(face, facts=other if instead_of is None else replace(face.facts, person="Eve")))
        keep(name, key, replace(face, facts=replace(face.facts, person="Eve")), instead_of=instead_of)
        return keep(name, key, face, instead_of=instead_of)

    add_faces("named", random_detector, listed(1))
    monkeypatch.setattr(own_set_work, "keep_face", late)
    found = add_faces("mine", random_detector, listed(1, person="Ada"))
    assert (found.added, found.otherwise) == (0, 1)
    (face,) = (read_face("mine", key) for key in keys_of_set("mine"))
    assert face
    assert face.facts == other, "whoever was first stays"
    found = add_faces("named", random_detector, listed(1, person="Ada"))
    assert "it is in the set as of Eve, who stays, not as of Ada" in found.left_out
    assert people_of("named") == [("Eve", True)]


def test_a_face_of_before_gets_its_number_when_it_is_added_again(random_detector: Detector) -> None:
    add_faces("mine", random_detector, listed(1))
    (key,) = keys_of_set("mine")
    face = read_face("mine", key)
    assert face
    before = replace(face, facts=replace(face.facts, track=None))
    own_faces.keep_face("mine", key, before, instead_of=face.facts)
    own_sets.build_set("mine")
    assert load_reference_set("mine").faces == (FileFace(f"{0:016x}"),)
    found = add_faces("mine", random_detector, listed(1))
    assert (found.added, found.known, found.named) == (0, 1, 0)
    assert load_reference_set("mine").faces == (FileFace(f"{0:016x}", 0),)


def test_kinds_are_those_of_the_references_that_a_face_is_compared_with(random_detector: Detector) -> None:
    own, *others = crops(18)
    video = "a" * 64
    faces = [
        found_face(crop, REAL, person="", face=FileFace(f"{n:064x}", 0), source="") for n, crop in enumerate(others)
    ]
    mine = found_face(own, attack_label("pgd"), person="", face=FileFace(video, 0, 16), source="")
    add_faces("mine", random_detector, [*faces, mine])
    found = load_reference_set("mine")

    def said(face: FileFace) -> tuple[bool, str]:
        placed = place_face(random_detector, found, others[0] // 2, [], face)
        return placed.evidence.one_kind, neighbours_sentence(placed, "clean")

    assert said(FileFace(video, 0, 16)) == (
        True,
        "Too few to tell: all real, as are all references that it is compared with.",
    ), "its attacked version is the only one that is not real"
    assert not said(FileFace(video, 1, 16))[0]

"""Sets of a user's own: each face a file, one set of all of them, whoever writes, and nothing lost by bad input."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from narrowed import some

from core.signatures import load_reference_set, own_faces, place
from core.signatures.own_faces import (
    begin_set,
    check_fits_set,
    check_set_name,
    drop_faces,
    faces_of_set,
    keep_face,
    keys_of_set,
    read_face,
    remove_set,
    set_names,
)
from core.signatures.own_sets import COMPONENTS, UMAP, build_set, is_behind
from core.signatures.reference import reference_card
from core.signatures.reference_classifier import reference_classifier
from core.signatures.reference_distance import clean_distances
from core.storage import paths
from core.types import InputError, Signature
from core.types.own_set_values import FaceFacts, FaceLabel, FileFace, OwnFace, SetFacts

OF = SetFacts("lrp-penultimate", "made up", "0" * 64)
LABELS = (FaceLabel("real"), FaceLabel("fake"), FaceLabel("attacked", "pgd"))


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("PROSOPON_CACHE", str(tmp_path / "cache"))
    return tmp_path / "references"


def own_face(number: int, label: FaceLabel | None = None, *, person: str = "", size: int = 6) -> OwnFace:
    """A face whose signature lies by what it is, a little off for each number."""
    what = label or LABELS[number % 3]
    rng = np.random.default_rng(number)
    values = 9 * np.eye(3, size)[LABELS.index(what) if what in LABELS else 0] + rng.normal(size=size)
    picture = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    facts = FaceFacts(what, person or f"face {number}", bool(person), f"{number}.png")
    return OwnFace(facts, values.astype(np.float16), np.zeros((24, 24), np.float16), picture)


def key(number: int) -> str:
    return f"{number:032x}"


def filled(name: str, count: int, *, people: int = 0) -> None:
    begin_set(name, OF)
    for number in range(count):
        keep_face(name, key(number), own_face(number, person=f"p{number % people}" if people else ""))
    build_set(name)


def test_faces_come_back_as_a_set_with_all_that_was_said_of_them() -> None:
    filled("mine", 30, people=10)
    found = load_reference_set("mine")
    assert (found.card.signatures, found.card.people, found.card.people_unknown) == (30, 10, 0)
    assert found.card.attacks == ("none", "pgd")
    assert found.card.plane == COMPONENTS
    assert found.people_known
    assert found.pictures is not None
    assert found.keys is not None
    for index in range(30):
        kept = read_face("mine", found.keys[index].tobytes().hex())
        assert kept
        assert np.array_equal(found.pictures[index], kept.picture)
        assert np.array_equal(found.values[index], kept.values.astype(np.float32))
        assert LABELS[int(found.kinds[index])] == kept.facts.label
    same = [found.people[i] == found.people[i + 10] for i in range(20)]
    assert all(same), "one number a person"
    assert found.card.nearest_neighbour_accuracy == {"all": 1.0, "real": 1.0, "fake": 1.0, "attacked": 1.0}
    told = place(found, Signature("lrp-penultimate", found.values[4].copy(), "x"))
    assert [one.kind for one in told.neighbours[:9]] == ["fake"] * 9
    answer = reference_classifier(found).answer(Signature("lrp-penultimate", found.values[5].copy(), "x"))
    assert answer.attack == "pgd"
    assert answer.measured.people == 10


def test_a_face_without_a_name_is_a_person_of_its_own_and_the_set_says_so() -> None:
    filled("mine", 9)
    keep_face("mine", key(50), own_face(50, person="Ada"))
    card, _ = build_set("mine")
    assert (card.people, card.people_unknown) == (10, 9)
    assert not load_reference_set("mine").people_known
    assert card.nearest_neighbour_accuracy == {}, "fewer than 15 of other people"


def test_a_set_of_one_face_can_be_compared_with() -> None:
    filled("mine", 1)
    found = place(load_reference_set("mine"), Signature("lrp-penultimate", np.zeros(6, np.float32), "x"))
    assert [one.kind for one in found.neighbours] == ["real"]
    assert (found.evidence.outside, found.evidence.p) == (None, None)


def test_a_face_of_the_set_is_not_compared_with_itself_nor_with_its_person() -> None:
    filled("mine", 60, people=20)
    found = load_reference_set("mine")
    row = some(found.keys).tolist().index(list(bytes.fromhex(key(7))))
    values = found.values[row].copy()
    anew = place(found, Signature("lrp-penultimate", values, "ab" * 32))
    assert anew.neighbours[0].index == row
    assert (anew.neighbours[0].distance, anew.evidence.left_out) == (0, 0)

    asked = place(found, Signature("lrp-penultimate", values, key(7) + "0" * 32))
    others = found.people != found.people[row]
    assert others.sum() == 57
    assert asked.evidence.left_out == 3
    assert all(others[one.index] for one in asked.neighbours)
    away = np.sort(np.linalg.norm(found.values[others] - values, axis=1))
    assert [one.distance for one in asked.neighbours] == pytest.approx(away[:15], rel=1e-5)
    assert sum(one.count for one in asked.evidence.shares) == 15
    assert asked.evidence.distance == asked.neighbours[-1].distance
    clean = others & (found.kinds != 2)
    usual = clean_distances(found.values, found.kinds != 2, found.people)[others[found.kinds != 2]]
    assert asked.evidence.compared == clean.sum()
    assert asked.evidence.p == pytest.approx((1 + (usual >= asked.evidence.distance).sum()) / (1 + clean.sum()))

    attacked = Signature("lrp-penultimate", values, "cd" * 32)
    by_origin = place(found, attacked, faces=[key(7) + "0" * 32])
    assert [one.index for one in by_origin.neighbours] == [one.index for one in asked.neighbours]
    assert place(found, attacked).neighbours[0].index == row, "nobody said of which face"


def test_a_set_of_one_person_has_nobody_to_compare_that_person_with() -> None:
    filled("mine", 3, people=1)
    found = load_reference_set("mine")
    with pytest.raises(InputError, match="has nobody but this face's person, or perhaps it; add faces of other people"):
        place(found, Signature("lrp-penultimate", found.values[0], key(0) + "0" * 32))
    assert len(place(found, Signature("lrp-penultimate", found.values[0], "x")).neighbours) == 3


def test_a_set_of_one_kind_says_nothing_of_kinds() -> None:
    begin_set("mine", OF)
    for number in range(40):
        keep_face("mine", key(number), own_face(number, LABELS[0], person=f"p{number % 10}"))
    card, _ = build_set("mine")
    assert card.nearest_neighbour_accuracy == {}, "nothing to be wrong with"
    told = place(load_reference_set("mine"), Signature("lrp-penultimate", np.zeros(6, np.float32), "x")).evidence
    assert (told.one_kind, told.few) == (True, False)


@pytest.mark.slow
def test_many_faces_lie_by_umap() -> None:
    filled("mine", 60)
    assert reference_card("mine").plane == UMAP


def test_the_same_faces_give_the_same_set() -> None:
    filled("mine", 12)
    first = reference_card("mine").sha256
    assert build_set("mine")[0].sha256 == first
    keep_face("mine", key(40), own_face(40))
    assert is_behind("mine")
    assert load_reference_set("mine").card.sha256 == first, "the set stays whole until it is made anew"
    assert build_set("mine")[0].sha256 != first
    assert len(load_reference_set("mine").values) == 13, "it is loaded anew"
    assert not is_behind("mine")
    drop_faces("mine", [key(40)])
    assert is_behind("mine")
    assert build_set("mine")[0].sha256 == first


def test_threads_that_write_at_once_lose_no_face() -> None:
    def write(first: int) -> None:
        begin_set("mine", OF)
        for number in range(first, first + 8):
            keep_face("mine", key(number), own_face(number))
            build_set("mine")

    writers = [threading.Thread(target=write, args=(8 * k,)) for k in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(load_reference_set("mine").values) == len(keys_of_set("mine")) == 32


def write_apart(folder: str, first: int) -> None:
    """In a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROSOPON_WEIGHTS", folder)
        begin_set("mine", OF)
        for number in range(first, first + 5):
            keep_face("mine", key(number), own_face(number))
            build_set("mine")


@pytest.mark.slow
def test_processes_that_write_at_once_lose_no_face(tmp_path: Path) -> None:
    said = "import sys; sys.path[:0] = {}; from test_own_sets import write_apart; write_apart({!r}, {})"
    runs = [[sys.executable, "-c", said.format(sys.path, str(tmp_path), 5 * k)] for k in range(2)]
    writers = [subprocess.Popen(run) for run in runs]
    assert [one.wait() for one in writers] == [0, 0]
    assert len(load_reference_set("mine").values) == 10
    assert not is_behind("mine")


def test_a_damaged_face_is_left_out_and_counted() -> None:
    filled("mine", 6)
    (faces_of_set("mine") / f"{key(2)}.safetensors").write_bytes(b"nothing")
    card, damaged = build_set("mine")
    assert (card.signatures, damaged) == (5, 1)
    assert not is_behind("mine"), "it is counted as damaged"
    with pytest.raises(InputError, match=r"the face 0+2.safetensors of the set mine cannot be read"):
        read_face("mine", key(2))
    for number in range(6):
        (faces_of_set("mine") / f"{key(number)}.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="none of the 6 files of the set mine can be read"):
        build_set("mine")
    assert len(load_reference_set("mine").values) == 5, "the set is as it was before"


def test_signatures_of_another_length_are_left_out() -> None:
    filled("mine", 6)
    keep_face("mine", key(70), own_face(70, LABELS[0], size=9))
    assert build_set("mine")[1] == 1


def test_a_disk_that_is_full_leaves_the_set_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    filled("mine", 6)
    keep_face("mine", key(70), own_face(70))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "mine.safetensors")

    monkeypatch.setattr("core.storage.cards.atomic_write_all", full)
    with pytest.raises(InputError, match="mine.safetensors could not be written: No space left .* as it was before"):
        build_set("mine")
    assert len(load_reference_set("mine").values) == 6
    assert is_behind("mine")


OTHERS = [
    (SetFacts("activations", "made up", "0" * 64), "holds signatures of the kind lrp-penultimate; what came is activ"),
    (SetFacts("lrp-penultimate", "another", "0" * 64), "holds signatures of made up; what came is of another"),
    (SetFacts("lrp-penultimate", "made up", "1" * 64), "is of other weights of made up than those in use"),
]


@pytest.mark.parametrize(("facts", "words"), OTHERS)
def test_what_does_not_fit_a_set_is_refused_and_another_name_offered(facts: SetFacts, words: str) -> None:
    filled("mine", 3)
    for refuse in (check_fits_set, begin_set):
        with pytest.raises(InputError, match=f"the set mine {words}.*Give another name, and a set of its own is made"):
            refuse("mine", facts)
    assert len(keys_of_set("mine")) == 3


NAMES = ["", "Mine", "../mine", "a b", "x" * 65, ".hidden"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="a set's name has up to 64 of a-z"):
        check_set_name(name)


def test_a_name_of_what_ships_is_refused_and_never_hides_it(root: Path) -> None:
    with pytest.raises(InputError, match="signature-bank is the name of a model that ships"):
        begin_set("signature-bank", OF)
    root.mkdir()
    (root / "signature-bank.json").write_text("{}")
    assert set_names() == []
    assert reference_card().title == "Reference signatures"


def test_a_set_that_was_made_as_a_whole_takes_no_faces(root: Path) -> None:
    filled("mine", 3)
    for suffix in (".json", ".safetensors"):
        (root / f"mine{suffix}").rename(root / f"whole{suffix}")
    with pytest.raises(InputError, match="the set whole was made as a whole.* give another name"):
        begin_set("whole", OF)


def test_damaged_facts_are_said(root: Path) -> None:
    filled("mine", 3)
    (root / "mine.faces" / "set.json").write_text("[]")
    with pytest.raises(InputError, match=r"set.json is damaged: it says of which detector and kind the set mine is"):
        begin_set("mine", OF)


def test_a_set_that_is_not_there_is_said_with_those_that_are() -> None:
    filled("mine", 3)
    with pytest.raises(InputError, match="there is no reference set yours; there are: signature-bank, mine"):
        load_reference_set("yours")


def test_a_set_is_removed_with_its_faces(root: Path) -> None:
    filled("mine", 3)
    assert set_names() == ["mine"]
    remove_set("mine")
    assert (set_names(), list(root.iterdir())) == ([], [])
    with pytest.raises(InputError, match="there is no reference set mine of your own; there are: none"):
        remove_set("mine")


def test_a_face_that_cannot_be_taken_out_is_said(root: Path) -> None:
    filled("mine", 1)
    (root / "mine.faces" / f"{key(5)}.safetensors").mkdir()
    with pytest.raises(InputError, match="the face cannot be taken out of mine: Is a directory"):
        drop_faces("mine", [key(5)])


def test_an_unnamed_face_is_of_the_person_whom_the_same_face_is_named() -> None:
    begin_set("mine", OF)
    said = [("Ada", "a", 0), ("", "a", 0), ("", "a", 1), ("Bea", "b", 0), ("Cy", "b", 0), ("", "b", 0), ("", "a", None)]
    for number, (person, file, track) in enumerate(said):
        face = own_face(number, person=person)
        facts = replace(face.facts, person=person, named=bool(person)).of_face(FileFace(file, track))
        keep_face("mine", key(number), replace(face, facts=facts))
    card, _ = build_set("mine")
    found = load_reference_set("mine")
    people = found.people.tolist()
    assert people[0] == people[1]
    assert people[2] == people[6], "the file's, who may be several"
    assert len(set(people)) == 5, "of two people whom a face is named it may be neither"
    assert found.named.tolist() == [True, True, False, True, True, False, False]
    assert found.faces[:2] == (FileFace("a", 0), FileFace("a", 0))
    assert (card.people, card.people_unknown) == (5, 2)


def test_a_face_is_the_same_by_its_number_in_one_search_of_its_file() -> None:
    first = FileFace("a", 0, 16)
    assert first.is_same(FileFace("a", 0, 16))
    for other in (FileFace("a", 1, 16), FileFace("b", 0, 16)):
        assert not first.is_same(other)
        assert not first.may_be_same(other)
    for other in (FileFace("a"), FileFace("a", 0, 8), FileFace("a", 1, 8)):
        assert not first.is_same(other)
        assert first.may_be_same(other)
    assert not FileFace().may_be_same(FileFace()), "of no known file"


def test_labels_are_checked() -> None:
    with pytest.raises(InputError, match="a face is real, fake or attacked; what came is odd"):
        FaceLabel("odd")
    for kind, attack in (("real", "pgd"), ("attacked", "none")):
        with pytest.raises(InputError, match="an attacked face has an attack, and no other has"):
            FaceLabel(kind, attack)


def test_an_own_set_that_is_named_as_a_detector_is_not_taken_for_its_weights() -> None:
    from core.detectors.checkpoints import status

    filled("xception", 3)
    assert not [one for one in status.states() if one.path and one.path.parent == paths.references_folder()]


def test_what_a_face_says_is_read_again_where_it_could_not_be(monkeypatch: pytest.MonkeyPatch) -> None:
    filled("mine", 3)
    build_set("mine")
    own_faces._read_said.cache_clear()

    def busy(*_: object) -> None:
        raise OSError("for the moment")

    with monkeypatch.context() as patch:
        patch.setattr(own_faces, "safe_open", busy)
        assert is_behind("mine"), "what it is of cannot be told"
    assert not is_behind("mine")

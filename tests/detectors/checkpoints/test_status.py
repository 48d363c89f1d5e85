"""The weights folder: what is found in it, and what is said of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from checkpoints import content, random_checkpoint, sha
from weight_files import FILE, MESO, MESONET, NAME, change_card, put

from core.detectors import DEFAULT, DETECTORS, load
from core.detectors.checkpoints import status
from core.media_attack.samples import portrait_face
from core.storage import paths
from core.storage.paths import MODELS, weights_folder
from core.types import InputError


def test_the_folder_is_that_of_the_variable_else_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert weights_folder() == tmp_path / "weights"
    monkeypatch.setenv("PROSOPON_WEIGHTS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights_folder() == tmp_path / "cache" / "prosopon" / "weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights_folder() == Path.home() / ".cache" / "prosopon" / "weights"


def test_nothing_there(folder: Path) -> None:
    folder.rmdir()
    assert [state.name for state in status.states()] == list(DETECTORS) == status.detector_names()
    where = {state.name: state.where for state in status.states()}
    assert where.pop(DEFAULT) == where.pop("resnet-blend") == "shipped"
    assert set(where.values()) == {"missing"}
    assert status.state(DEFAULT).published is True
    change_card(url="https://example.org/Meso4_DF.h5")
    with pytest.raises(InputError) as caught:
        load(NAME)
    for words in (FILE, "Meso4_old.h5", "meso4-df.pth", str(folder), "PROSOPON_WEIGHTS"):
        assert words in str(caught.value)
        assert words in status.state(NAME).message
    assert status.state(NAME).message.endswith("Ask its authors.")
    assert f"get them with: python -m core weights get {NAME}" in str(caught.value)
    change_card(url=None)
    with pytest.raises(
        InputError, match="are missing.*; ask its authors; .* weights add FILE --layout meso4-df"
    ) as caught:
        load(NAME)
    assert "weights get" not in str(caught.value)


@pytest.mark.skipif(not MESONET.is_dir(), reason="the published MesoNet weights are not here")
def test_the_published_mesonet_files_by_their_real_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MODELS", MODELS)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(MESONET))
    found = {state.name: state for state in status.states()}
    assert found[DEFAULT].where == "shipped"
    for name in ("meso4-df", "meso4-f2f", "mesoinception4-df", "mesoinception4-f2f"):
        assert (found[name].where, found[name].published) == ("folder", True)
        assert load(name).card.sha256 == found[name].sha256_of_file
    assert {state.where for state in found.values()} == {"shipped", "folder", "missing"}


@pytest.mark.parametrize("name", [FILE, "Meso4_old.h5", "meso4-df.h5", "meso4-df.pth", "below/Meso4_DF.h5"])
def test_the_published_file_is_found_and_loaded(name: str, folder: Path) -> None:
    path = put(folder, name=name)
    state = status.state(NAME)
    assert (state.where, state.path, state.sha256_of_file, state.published) == ("folder", path, sha(path), True)
    detector = load(NAME)
    assert detector.card.sha256 == sha(path)
    assert detector.card.note == ""
    kernel = random_checkpoint(MESO)["dense_4/kernel:0"]
    assert torch.equal(list(detector.model.parameters())[-2].abs().flatten(), kernel.abs().flatten())


@pytest.mark.parametrize("name", ["below/deeper/Meso4_DF.h5", "own/Meso4_DF.h5", "meso4.h5", "Meso4_DF.h5.partial"])
def test_what_is_not_taken_for_it(name: str, folder: Path) -> None:
    put(folder, name=name)
    assert status.state(NAME).where == "missing"


def test_an_altered_file_is_used_and_said_to_be_one(folder: Path) -> None:
    path = put(folder, seed=1)
    state = status.state(NAME)
    assert (state.where, state.published) == ("folder", False)
    assert "is not the published file" in state.message
    assert sha(path) in state.message
    assert hashlib.sha256(content(0)).hexdigest() in state.message
    detector = load(NAME)
    assert detector.card.note == state.message
    assert detector.card.sha256 == sha(path)


def test_the_published_file_goes_before_others(folder: Path) -> None:
    put(folder, seed=1)
    published = put(folder, name="below/Meso4_old.h5")
    assert status.state(NAME).path == published


def test_without_a_published_checksum_the_own_one_is_shown(folder: Path) -> None:
    path = put(folder, name="meso4-f2f.h5")
    state = status.state("meso4-f2f")
    assert (state.where, state.published) == ("folder", None)
    assert state.message == f"No checksum was published for meso4-f2f.h5; the SHA-256 of this one is {sha(path)}."
    assert load("meso4-f2f").card.note == state.message


def test_a_changed_file_is_loaded_again_and_an_unchanged_one_is_not(folder: Path) -> None:
    crop = portrait_face().crop
    put(folder)
    first = load(NAME)
    assert load(NAME) is first
    put(folder, seed=1)
    second = load(NAME)
    assert second is not first
    assert second.verdict(crop).logits.tolist() != first.verdict(crop).logits.tolist()
    (folder / FILE).unlink()
    with pytest.raises(InputError, match="are missing"):
        load(NAME)


def test_another_folder_is_another_file(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)
    first = load(NAME).card.sha256
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "other"))
    put(tmp_path / "other", seed=1)
    assert load(NAME).card.sha256 != first


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (content(0, "mesoinception4"), "does not fit the layout meso4"),
        (content(0)[:9000], "Meso4_DF.h5 is only a part of a file"),
        (b"<html>", "web page"),
    ],
)
def test_a_wrong_file_in_the_folder_is_refused_when_loaded(data: bytes, words: str, folder: Path) -> None:
    (folder / FILE).write_bytes(data)
    with pytest.raises(InputError, match=words):
        load(NAME)


def test_an_altered_shipped_file_is_never_used() -> None:
    path = paths.MODELS / f"{DEFAULT}.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    state = status.state(DEFAULT)
    assert (state.where, state.path, state.published) == ("missing", None, False)
    assert "was altered" in state.message
    with pytest.raises(InputError, match="was altered"):
        load(DEFAULT)

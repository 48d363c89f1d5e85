"""The weights folder: what is put into it and taken from it, also on the command line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import content, random_checkpoint, sha
from recorded_progress import RecordedProgress
from typer.testing import CliRunner
from weight_files import FILE, MESO, NAME, ROW, change_card, put, run

from core.__main__ import app
from core.detectors import DEFAULT, DETECTORS, load
from core.detectors.architectures.efficientnet_lite import EfficientNetLite0
from core.detectors.checkpoints import status, user_checkpoints
from core.media_attack.samples import portrait_face
from core.storage import paths
from core.storage.cards import card_values
from core.types import InputError, UnknownName


def test_get_downloads_once(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served")
    change_card(url=f"{address}/{FILE}")
    progress = RecordedProgress()
    assert status.get(NAME, progress=progress) == folder / FILE
    assert progress.told[-1][0] == len(content(0))
    assert status.state(NAME).published is True
    (tmp_path / "served" / FILE).unlink()
    assert status.get(NAME) == folder / FILE
    assert status.get(DEFAULT) == paths.MODELS / f"{DEFAULT}.safetensors"


def test_get_refuses_what_is_not_the_published_file(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served", seed=1)
    change_card(size=None)
    with pytest.raises(InputError, match="sent another file"):
        status.get(NAME, url=f"{address}/{FILE}")
    assert list(folder.iterdir()) == []


def test_get_removes_what_does_not_fit(folder: Path, address: str, tmp_path: Path) -> None:
    (tmp_path / "served").joinpath("a").write_bytes(content(0, "mesoinception4"))
    change_card(sha256=None, size=None)
    with pytest.raises(InputError, match="does not fit the layout meso4 .*what was downloaded was removed"):
        status.get(NAME, url=f"{address}/a")
    assert list(folder.iterdir()) == []


def test_get_replaces_half_a_file_but_not_somebodys_own(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served")
    (folder / FILE).write_bytes(content(0)[:5000])
    assert sha(status.get(NAME, url=f"{address}/{FILE}")) == hashlib.sha256(content(0)).hexdigest()
    mine = put(folder, seed=1)
    with pytest.raises(InputError, match="fits meso4-df but is not the published file; take it away"):
        status.get(NAME, url=f"{address}/{FILE}")
    assert mine.read_bytes() == content(1)


def test_get_without_an_address() -> None:
    with pytest.raises(InputError, match="there is no address to download meso4-df from: ask its authors"):
        status.get(NAME)
    with pytest.raises(UnknownName, match="there is no detector 'meso9'; known are: efficientnet-lite0, "):
        status.get("meso9")


def test_add_use_and_remove_an_own_checkpoint(folder: Path, tmp_path: Path) -> None:
    state = status.add(put(tmp_path, 2, "My Best (v2).h5"), "meso4")
    assert (state.name, state.where, state.published) == ("my-best-v2", "own", None)
    assert state.path == folder / "own" / "my-best-v2.h5"
    assert "Your own checkpoint of the layout meso4" in state.message
    assert status.detector_names() == [*DETECTORS, "my-best-v2"]
    detector = load("my-best-v2")
    assert detector.card.note == state.message
    assert detector.card.sha256 == state.sha256_of_file == sha(tmp_path / "My Best (v2).h5")
    assert {"title", "source", "licence", "papers", "input", "crop", "output", "scope"} <= set(
        card_values(detector.card)
    )
    assert detector.card.calibrated is False
    assert not detector.verdict(portrait_face().crop).calibrated
    with pytest.raises(InputError, match="there is an own checkpoint my-best-v2 already"):
        status.add(tmp_path / "My Best (v2).h5", "meso4")
    status.remove("my-best-v2")
    assert list((folder / "own").iterdir()) == []
    with pytest.raises(UnknownName, match="there is no detector 'my-best-v2'"):
        load("my-best-v2")
    with pytest.raises(UnknownName, match="no own checkpoint 'my-best-v2'; there are: none"):
        status.remove("my-best-v2")


def test_a_layout_may_be_named_by_a_detector_and_a_torch_file_keeps_its_form(tmp_path: Path) -> None:
    torch.save({"net": random_checkpoint(MESO)}, tmp_path / "a.h5")
    state = status.add(tmp_path / "a.h5", "meso4-f2f", "mine")
    assert state.path is not None
    assert state.path.name == "mine.pth"
    assert load("mine").card.layout == "meso4"


def test_a_file_of_a_registered_name_becomes_its_weights(folder: Path, tmp_path: Path) -> None:
    state = status.add(put(tmp_path), "meso4")
    assert (state.name, state.where, state.published) == (NAME, "folder", True)
    assert state.path == folder / "meso4-df.h5"
    with pytest.raises(InputError, match="meso4-df has its weights already"):
        status.add(put(tmp_path, 1), "meso4", NAME)
    with pytest.raises(InputError, match="meso4-df is no own checkpoint"):
        status.remove(NAME)


@pytest.mark.parametrize(
    ("layout", "name", "words"),
    [
        ("meso5", None, "a layout is one of meso4, .*what came is 'meso5'"),
        (DEFAULT, None, "does not fit the layout efficientnet-lite0"),
        ("mesoinception4", None, "does not fit the layout mesoinception4"),
        ("meso4", DEFAULT, "is the name of a detector that is listed already; give another name"),
        ("meso4", "mesoinception4-df", "listed already, of the layout mesoinception4"),
        ("meso4", "../evil", "a name has up to 64 of a-z"),
        ("meso4", "Größe", "what came is 'Größe'"),
    ],
)
def test_what_is_not_added(layout: str, name: str | None, words: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        status.add(put(tmp_path, name="some.h5"), layout, name)
    assert list(folder.rglob("*")) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "file"))
    with pytest.raises(InputError, match="some.h5 cannot be written into .*PROSOPON_WEIGHTS names another folder"):
        status.add(put(tmp_path, name="some.h5"), "meso4")


def test_own_checkpoints_that_were_spoilt_are_said_so(folder: Path, tmp_path: Path) -> None:
    for name in ("changed", "gone", "damaged", "outside"):
        status.add(put(tmp_path), "meso4", name)
    put(user_checkpoints.folder(), 1, "changed.h5")
    (user_checkpoints.folder() / "gone.h5").unlink()
    (user_checkpoints.folder() / "damaged.json").write_text("{")
    card = json.loads((user_checkpoints.folder() / "outside.json").read_text())
    (user_checkpoints.folder() / "outside.json").write_text(json.dumps({**card, "file": "../../some.h5"}))
    assert "It was changed since: its SHA-256 is" in status.state("changed").message
    assert "It was changed since" in load("changed").card.note
    for name, words in (("gone", "is gone from"), ("damaged", "is damaged"), ("outside", "is damaged")):
        assert status.state(name).where == "missing"
        assert words in status.state(name).message
        with pytest.raises(InputError, match=words):
            load(name)
        status.remove(name)
    assert status.detector_names() == [*DETECTORS, "changed"]


def test_an_own_checkpoint_is_judged_at_the_size_of_its_card(folder: Path, tmp_path: Path) -> None:
    tensors, file = load().model.state_dict(), tmp_path / "newer.pth"
    torch.save(tensors, file)
    status.add(file, DEFAULT)
    status.add(file, DEFAULT, "older", kin=replace(status.card_of("newer"), input="160 x 160, RGB in [0, 1]"))
    crop, judged = portrait_face().crop, []
    for name, size, end in (("newer", 192, ":192px"), ("older", 160, "")):
        network = EfficientNetLite0(size)
        network.load_state_dict(tensors)
        judged.append(replace(load(), model=network.eval()).verdict(crop).logits)
        assert np.allclose(load(name).verdict(crop).logits, judged[-1], atol=1e-3), name
        assert load(name).version == f"{name}:{sha(file)[:12]}:None{end}"
    assert not np.allclose(judged[0], judged[1], atol=1e-1), "the size shows"
    assert "px" not in load().version, "what ships has the size of its network"


def test_the_list_on_the_command_line(folder: Path) -> None:
    put(folder, seed=1)
    found = json.loads(run("list", "--json"))
    assert set(found) == {"folder", "detectors"}
    assert found["folder"] == str(folder)
    rows = {row["name"]: row for row in found["detectors"]}
    assert list(rows) == list(DETECTORS)
    assert all(set(row) == ROW for row in rows.values())
    assert rows[NAME]["published"] is False
    assert rows[NAME]["file"] == str(folder / FILE)
    assert rows[NAME]["layout"] == "meso4"
    assert rows[DEFAULT]["where"] == "shipped"
    assert rows["meso4-f2f"]["where"] == "missing"
    text = run("list")
    assert str(folder) in text
    assert "not as published" in next(line for line in text.splitlines() if line.startswith(NAME))


def test_get_add_and_remove_on_the_command_line(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served")
    row = json.loads(run("get", NAME, "--url", f"{address}/{FILE}", "--json"))
    assert set(row) == ROW
    assert (row["where"], row["published"], row["file"]) == ("folder", True, str(folder / FILE))
    row = json.loads(run("add", put(tmp_path, 1, "x.h5"), "--layout", "meso4", "--name", "mine", "--json"))
    assert (row["name"], row["where"], row["layout"]) == ("mine", "own", "meso4")
    assert "mine was removed" in run("remove", "mine")
    assert status.detector_names() == list(DETECTORS)


def test_get_all_goes_on_after_a_failure(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served")
    change_card("meso4-f2f", url=f"{address}/gone.h5")
    change_card(url=f"{address}/{FILE}")
    result = CliRunner().invoke(app, ["weights", "get", "all", "--json"])
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == "1 of 2 could not be downloaded: meso4-f2f"
    assert {row["name"]: row["where"] for row in json.loads(result.stdout)["detectors"]} == {
        NAME: "folder",
        "meso4-f2f": "missing",
    }
    assert "answered 404" in result.stderr
    assert f"{NAME}: 100% of" in result.stderr

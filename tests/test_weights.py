"""The weights folder: what is found in it, what is said of it, and what is put into it."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import content, random_checkpoint, sha
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import DEFAULT, DETECTORS, LAYOUTS, load
from core.detectors.checkpoints import status, user_checkpoints
from core.media_attack.samples import portrait_face
from core.storage import cards as storage_cards
from core.storage import paths
from core.storage.cards import read_card, write_card
from core.storage.paths import MODELS, weights_folder
from core.types import InputError, UnknownName

MESO = LAYOUTS["meso4"]
NAME, FILE = "meso4-df", "Meso4_DF.h5"
MESONET = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "mesonet"
ROW = {"name", "title", "where", "file", "sha256", "published", "licence", "layout", "url", "says"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder, and cards of which only one has a checksum: that of the checkpoint with the seed 0."""
    cards = tmp_path / "models"
    cards.mkdir()
    for path in MODELS.glob(f"{DEFAULT}.*"):
        shutil.copy(path, cards)
    for name, entry in DETECTORS.items():
        if "layout" in entry.facts:
            card = {
                "name": name,
                "title": entry.title,
                "licence": "as its authors say",
                "papers": [entry.source],
                "input": "some",
                "crop": "some",
                "output": "some",
                "calibrated": False,
                "layout": entry.facts["layout"],
                "file": f"{name}-as-published.bin",
                "also": [],
                "url": None,
                "sha256": None,
                "size": None,
                "get": "Ask its authors.",
            }
            if name == NAME:
                fact = {"sha256": hashlib.sha256(content(0)).hexdigest(), "size": len(content(0))}
                card |= {"file": FILE, "also": ["Meso4_old.h5"], **fact}
            write_card(name, card, cards)
    for module in (storage_cards, paths):  # where it is read
        monkeypatch.setattr(module, "MODELS", cards)
    place = tmp_path / "weights"
    place.mkdir()
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(place))
    return place


def change_card(name: str = NAME, **facts: Any) -> None:
    write_card(name, {**read_card(name, folder=storage_cards.MODELS), **facts}, storage_cards.MODELS)


def put(folder: Path, seed: int = 0, name: str = FILE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(seed))
    return path


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder "served", which a local server offers."""
    monkeypatch.setenv("NO_PROXY", "*")
    served = tmp_path / "served"
    served.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["weights", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_folder_is_that_of_the_variable_else_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert weights_folder() == tmp_path / "weights"
    monkeypatch.setenv("PROSOPON_WEIGHTS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights_folder() == tmp_path / "cache" / "prosopon" / "weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights_folder() == Path.home() / ".cache" / "prosopon" / "weights"


def test_nothing_there(folder: Path) -> None:
    folder.rmdir()
    assert [state.name for state in status.states()] == list(DETECTORS) == status.known()
    where = {state.name: state.where for state in status.states()}
    assert where.pop(DEFAULT) == "shipped"
    assert set(where.values()) == {"missing"}
    assert status.state(DEFAULT).published is True
    change_card(url="https://example.org/Meso4_DF.h5")
    with pytest.raises(InputError) as caught:
        load(NAME)
    for words in (FILE, "Meso4_old.h5", "meso4-df.pth", str(folder), "PROSOPON_WEIGHTS"):
        assert words in str(caught.value)
        assert words in status.state(NAME).says
    assert status.state(NAME).says.endswith("Ask its authors.")
    assert f"get them with: python -m core weights get {NAME}" in str(caught.value)
    change_card(url=None)
    with pytest.raises(
        InputError, match="are missing.*; ask its authors; .* weights add FILE --layout meso4-df"
    ) as caught:
        load(NAME)
    assert "weights get" not in str(caught.value)


@pytest.mark.skipif(not MESONET.is_dir(), reason="the published MesoNet weights are not here")
def test_the_published_mesonet_files_by_their_real_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (storage_cards, paths):
        monkeypatch.setattr(module, "MODELS", MODELS)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(MESONET))
    found = {state.name: state for state in status.states()}
    assert found[DEFAULT].where == "shipped"
    for name in ("meso4-df", "meso4-f2f", "mesoinception4-df", "mesoinception4-f2f"):
        assert (found[name].where, found[name].published) == ("folder", True)
        assert load(name).card["sha256"] == found[name].sha256_of_file
    assert {state.where for state in found.values()} == {"shipped", "folder", "missing"}


@pytest.mark.parametrize("name", [FILE, "Meso4_old.h5", "meso4-df.h5", "meso4-df.pth", "below/Meso4_DF.h5"])
def test_the_published_file_is_found_and_loaded(name: str, folder: Path) -> None:
    path = put(folder, name=name)
    state = status.state(NAME)
    assert (state.where, state.path, state.sha256_of_file, state.published) == ("folder", path, sha(path), True)
    detector = load(NAME)
    assert detector.card["sha256"] == sha(path)
    assert "note" not in detector.card
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
    assert "is not the published file" in state.says
    assert sha(path) in state.says
    assert hashlib.sha256(content(0)).hexdigest() in state.says
    detector = load(NAME)
    assert detector.card["note"] == state.says
    assert detector.card["sha256"] == sha(path)


def test_the_published_file_goes_before_others(folder: Path) -> None:
    put(folder, seed=1)
    published = put(folder, name="below/Meso4_old.h5")
    assert status.state(NAME).path == published


def test_without_a_published_checksum_the_own_one_is_shown(folder: Path) -> None:
    path = put(folder, name="meso4-f2f.h5")
    state = status.state("meso4-f2f")
    assert (state.where, state.published) == ("folder", None)
    assert state.says == f"No checksum was published for meso4-f2f.h5; the SHA-256 of this one is {sha(path)}."
    assert load("meso4-f2f").card["note"] == state.says


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
    first = load(NAME).card["sha256"]
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "other"))
    put(tmp_path / "other", seed=1)
    assert load(NAME).card["sha256"] != first


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
    path = storage_cards.MODELS / f"{DEFAULT}.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    state = status.state(DEFAULT)
    assert (state.where, state.path, state.published) == ("missing", None, False)
    assert "was altered" in state.says
    with pytest.raises(InputError, match="was altered"):
        load(DEFAULT)


def test_get_downloads_once(folder: Path, address: str, tmp_path: Path) -> None:
    put(tmp_path / "served")
    change_card(url=f"{address}/{FILE}")
    told: list[int] = []
    assert status.get(NAME, progress=lambda done, _: told.append(done)) == folder / FILE
    assert told[-1] == len(content(0))
    assert status.state(NAME).published is True
    (tmp_path / "served" / FILE).unlink()
    assert status.get(NAME) == folder / FILE
    assert status.get(DEFAULT) == storage_cards.MODELS / f"{DEFAULT}.safetensors"


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
    with pytest.raises(UnknownName, match="there is no detector 'meso9'; known are: resnet-blend"):
        status.get("meso9")


def test_add_use_and_remove_an_own_checkpoint(folder: Path, tmp_path: Path) -> None:
    state = status.add(put(tmp_path, 2, "My Best (v2).h5"), "meso4")
    assert (state.name, state.where, state.published) == ("my-best-v2", "own", None)
    assert state.path == folder / "own" / "my-best-v2.h5"
    assert "Your own checkpoint of the layout meso4" in state.says
    assert status.known() == [*DETECTORS, "my-best-v2"]
    detector = load("my-best-v2")
    assert detector.card["note"] == state.says
    assert detector.card["sha256"] == state.sha256_of_file == sha(tmp_path / "My Best (v2).h5")
    assert {"title", "source", "licence", "papers", "input", "crop", "output", "scope"} <= set(detector.card)
    assert detector.card["calibrated"] is False
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
    assert load("mine").card["layout"] == "meso4"


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
        (DEFAULT, None, "a layout is one of .*what came is 'resnet-blend'"),
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
    assert "It was changed since: its SHA-256 is" in status.state("changed").says
    assert "It was changed since" in load("changed").card["note"]
    for name, words in (("gone", "is gone from"), ("damaged", "is damaged"), ("outside", "is damaged")):
        assert status.state(name).where == "missing"
        assert words in status.state(name).says
        with pytest.raises(InputError, match=words):
            load(name)
        status.remove(name)
    assert status.known() == [*DETECTORS, "changed"]


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
    assert status.known() == list(DETECTORS)


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

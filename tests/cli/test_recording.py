"""What --record does: refused before the run, printed before it is written, and the card of an own checkpoint."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from known_models import CARD, LinearModel
from made_measurements import SIGNATURES
from typer.testing import CliRunner

from core import attack_detectors, pipeline
from core.__main__ import app
from core.cli import recording
from core.detectors import DEFAULT, Detector
from core.detectors.checkpoints import user_checkpoints
from core.detectors.checkpoints.status import measurements_of
from core.evaluation import (
    attack_detector_evaluation,
    attack_evaluation,
    corruptions,
    detector_evaluation,
    signature_evaluation,
    sweep_evaluation,
)
from core.evaluation.maps import map_evaluation
from core.storage.measured_files import read_measurements
from core.storage.paths import MODELS
from core.types import InputError
from core.types.map_summaries import MapEvaluation, MapsOfDetector
from core.types.measurement import Measurement
from core.types.read_values import read_value
from core.types.recorded_fields import LEFT_OUT
from core.types.signature_metrics import SignatureEvaluation

FOUND: dict[str, Any] = {"auc": {"all": 0.5}, "attacked": 3, "called_real": 2, "conditions": [], "points": []}
MAPS = {"data": "faces", "seed": 0, "limit": 20, "detector": "mine", "weights": "ab", "faces": 2, "worth": {"lrp": {}}}
COMMANDS = {
    "detector": (detector_evaluation, "evaluate_detector", ["detector", "mine"]),
    "conditions": (corruptions, "evaluate_corruptions", ["conditions", "mine"]),
    "sweep": (sweep_evaluation, "evaluate_sweep", ["sweep", "--detector", "mine"]),
    "gradient": (sweep_evaluation, "evaluate_gradient", ["gradient", "--detector", "mine"]),
    "signatures": (signature_evaluation, "evaluate_signatures", ["signatures", "--detector", "mine"]),
    "maps": (map_evaluation, "measure", ["maps", "--detector", "mine", "--parts", "worth"]),
    "attack": (attack_evaluation, "evaluate_attack", ["attack"]),
    "attack-detector": (attack_detector_evaluation, "evaluate_attack_detector", ["attack-detector", "--paper"]),
}
PRINTED = {"maps": MAPS, "signatures": {"activations": SIGNATURES}}  # by command, where it is not `FOUND`
RECORDED = PRINTED | {"maps": {"seed": 0, "faces": 2, "maps": MAPS["worth"]}}
OF_SHIPPED = {"attack": DEFAULT, "attack-detector": attack_detectors.DEFAULT}
OWN = {"name": "mine", "title": "Mine", "layout": "meso4", "file": "mine.h5", "sha256": "0" * 64, "added": "2026-01-01"}


@dataclass(frozen=True)
class Found:
    """What an evaluation gives, as short as can be."""

    auc: dict[str, float]
    attacked: int
    called_real: int
    conditions: tuple[()] = ()
    points: tuple[()] = ()
    rows: None = field(default=None, metadata=LEFT_OUT)


def write_own(card: dict[str, Any]) -> None:
    (user_checkpoints.folder() / "mine.json").write_text(json.dumps(card))


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped cards that are recorded in, and an own checkpoint "mine" in the weights folder."""
    for name in OF_SHIPPED.values():
        shutil.copy(MODELS / f"{name}.json", tmp_path)
    monkeypatch.setattr("core.storage.paths.MODELS", tmp_path)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    user_checkpoints.folder().mkdir(parents=True)
    write_own(OWN)
    return tmp_path


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every evaluation replaced by one that is noted here, and gives `FOUND` at once."""
    noted: list[str] = []

    def measure(*_: object, **__: object) -> Found:
        noted.append("run")
        return Found(FOUND["auc"], 3, 2)

    def measure_maps(*_: object, **__: object) -> MapEvaluation:
        noted.append("run")
        of = MapsOfDetector("mine", "ab", 2, worth={"lrp": {}})
        return MapEvaluation("faces", 0, 20, of_detector=of)

    def measure_signatures(*_: object, **__: object) -> dict[str, SignatureEvaluation]:
        noted.append("run")
        return {"activations": read_value(SignatureEvaluation, SIGNATURES)}

    for module, function, _ in COMMANDS.values():
        monkeypatch.setattr(module, function, measure)
    monkeypatch.setattr(map_evaluation, "measure", measure_maps)
    monkeypatch.setattr(signature_evaluation, "evaluate_signatures", measure_signatures)
    monkeypatch.setattr(map_evaluation, "table", str)
    monkeypatch.setattr(pipeline, "load_detector", lambda *_: Detector("mine", LinearModel(), CARD))
    monkeypatch.setattr(attack_detectors, "load", lambda *_: SimpleNamespace(fits=lambda _: True))
    return noted


def arguments(command: str, *, label: str = "a label") -> list[str]:
    record = ["--record"] if command == "maps" else ["--record", label]
    return ["evaluate", *COMMANDS[command][2], "--data", "faces", "--json", *record]


def recorded(command: str) -> Measurement:
    if command == "attack-detector":
        return read_measurements(attack_detectors.DEFAULT)[-1]
    return measurements_of(OF_SHIPPED.get(command, "mine"))[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_figures_are_printed_and_recorded_also_of_an_own_checkpoint(command: str, cards: Path, runs: list[str]) -> None:
    result = CliRunner().invoke(app, arguments(command), catch_exceptions=False)
    assert json.loads(result.stdout) == PRINTED.get(command, FOUND)
    found = recorded(command)
    assert (found.kind, found.label) == (("worth", "maps") if command == "maps" else (command, "a label"))
    assert found.record == RECORDED.get(command, FOUND)
    assert found.data == "faces"
    assert found.date == recording.today()
    assert runs == ["run"]


def test_the_command_is_recorded_as_it_was_given_without_folders_of_the_machine(cards: Path, runs: list[str]) -> None:
    given = [*arguments("sweep"), "--attacks", "pgd", "--set", "alpha=1", "--seed", "3"]
    given[given.index("faces")] = str(cards / "some faces")
    CliRunner().invoke(app, given, catch_exceptions=False, prog_name="python -m core")
    assert recorded("sweep").command == (
        "python -m core evaluate sweep --data 'some faces' --attacks pgd --set alpha=1 --detector mine --seed 3"
    )


def test_the_weights_that_were_measured_are_recorded(cards: Path, runs: list[str]) -> None:
    CliRunner().invoke(app, arguments("attack-detector"), catch_exceptions=False)
    sha256 = json.loads((cards / f"{attack_detectors.DEFAULT}.json").read_text())["sha256"]
    assert recorded("attack-detector").weights == sha256


def test_the_card_stays_as_it_was_and_what_it_holds_itself_is_still_read(cards: Path, runs: list[str]) -> None:
    old = {
        **OWN,
        "measured": {"a label": {"auc": {"all": 0.4}, "n": {}}, "under PGD": {"attacked": 3, "called_real": 2}},
    }
    write_own(old)
    before = (user_checkpoints.folder() / "mine.json").read_bytes()
    CliRunner().invoke(app, arguments("detector"), catch_exceptions=False)
    assert (user_checkpoints.folder() / "mine.json").read_bytes() == before
    assert [(one.kind, one.label) for one in measurements_of("mine")] == [
        ("detector", "a label"),
        ("attack", "under PGD"),
    ]
    assert measurements_of("mine")[0].record == FOUND


@pytest.mark.parametrize("command", COMMANDS)
def test_a_card_that_is_missing_or_damaged_is_said_before_the_run(command: str, cards: Path, runs: list[str]) -> None:
    if command in OF_SHIPPED:
        (cards / f"{OF_SHIPPED[command]}.json").unlink()
    else:
        (user_checkpoints.folder() / "mine.json").write_text("{")
    with pytest.raises(InputError, match=r"the card .* (is missing|is damaged)"):
        CliRunner().invoke(app, arguments(command), catch_exceptions=False)
    assert runs == []


def test_measurements_that_are_damaged_are_said_before_the_run(cards: Path, runs: list[str]) -> None:
    (user_checkpoints.folder() / "mine.measured.json").write_text("{}")
    with pytest.raises(InputError, match=r"the measurements of mine in own/mine\.measured\.json are damaged"):
        CliRunner().invoke(app, arguments("detector"), catch_exceptions=False)
    assert runs == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_read_only_is_said_before_the_run(
    command: str, cards: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.cli.recording.os.access", lambda *_: False)
    with pytest.raises(InputError, match=r"--record cannot write .*\.measured\.json: the folder .* is read-only"):
        CliRunner().invoke(app, arguments(command), catch_exceptions=False)
    assert runs == []


@pytest.mark.parametrize("command", COMMANDS)
def test_figures_are_on_the_screen_when_the_card_cannot_be_written(
    command: str, cards: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.storage.files.os.fsync", full)
    result = CliRunner().invoke(app, arguments(command))
    assert json.loads(result.stdout) == PRINTED.get(command, FOUND)
    assert isinstance(result.exception, InputError)
    name = OF_SHIPPED.get(command, "mine")
    assert f"was not recorded: {name}.measured.json could not be written (No space left on device)" in str(
        result.exception
    )


def test_an_empty_label_and_an_unknown_detector_are_refused(cards: Path, runs: list[str]) -> None:
    with pytest.raises(InputError, match="--record is the label .* what came is empty"):
        CliRunner().invoke(app, arguments("detector", label=" "), catch_exceptions=False)
    given = ["yours" if word == "mine" else word for word in arguments("detector")]
    with pytest.raises(InputError, match="there is no detector 'yours'"):
        CliRunner().invoke(app, given, catch_exceptions=False)
    assert runs == []


def test_a_removed_checkpoint_leaves_no_measurements(cards: Path, runs: list[str]) -> None:
    CliRunner().invoke(app, arguments("detector"), catch_exceptions=False)
    assert measurements_of("mine")
    CliRunner().invoke(app, ["weights", "remove", "mine"], catch_exceptions=False)
    assert list(user_checkpoints.folder().iterdir()) == []

"""--set NAME=VALUE: every setting of every method is reachable, read in shown units, and refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from core import attack_detectors, media_attack, pipeline
from core.__main__ import app
from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import can_be_swept
from core.attacks.analysis.gradient_masking import can_be_checked
from core.cli.given_settings import given_settings
from core.detectors import DEFAULT
from core.engine import judging_batch
from core.evaluation import attack_detector_evaluation, attack_evaluation, sweep_evaluation
from core.explain import EXPLAINERS
from core.registry import Param, Value
from core.reports import figure_from_files, file_analysis
from core.types import InputError


class Caught(Exception):
    """Raised in place of the work, with what it was called with."""


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every command stops where its work begins; the folder it runs in."""

    def work(*arguments: Any, **named: Any) -> None:
        raise Caught(arguments, named)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "load_detector", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(pipeline, "open_media", lambda *_: None)
    for module, name in (
        (file_analysis, "analyse"),
        (media_attack, "attack_media"),
        (figure_from_files, "from_files"),
        (attack_evaluation, "evaluate_attack"),
        (attack_detector_evaluation, "evaluate_attack_detector"),
        (sweep_evaluation, "evaluate_sweep"),
        (sweep_evaluation, "evaluate_gradient"),
        (judging_batch, "judging_batch"),
    ):
        monkeypatch.setattr(module, name, work)
    return tmp_path


def called(*arguments: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the work of a command was called with: by position, and by name."""
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, Caught), (result.output, result.exception)
    return result.exception.args[0], result.exception.args[1]


def another(param: Param) -> tuple[str, Any]:
    """A value that is not the default, as people write it and as the method takes it."""
    if param.choices:
        choice = next(one for one in param.choices if one != param.default)
        return choice, choice
    if isinstance(param.default, bool):
        return str(not param.default).lower(), not param.default
    assert param.low is not None
    assert param.high is not None
    value = param.high if param.high != param.default else param.low
    return f"{value * param.scale:.10g}", pytest.approx(value)


def others(params: Iterable[Param]) -> tuple[dict[str, str], dict[str, Any]]:
    """Another value of each setting, as people write it and as the method takes it."""
    both = {param.name: another(param) for param in params}
    return {name: text for name, (text, _) in both.items()}, {name: value for name, (_, value) in both.items()}


def switches(texts: dict[str, str], before: str = "") -> list[str]:
    return [word for name, text in texts.items() for word in ("--set", f"{before}{name}={text}")]


def test_no_attack_has_the_name_of_a_map_and_no_name_has_a_dot() -> None:
    assert not set(ATTACKS) & set(EXPLAINERS)
    assert not any(sign in name for name in [*ATTACKS, *EXPLAINERS] for sign in ".=,")


@pytest.mark.parametrize("name", ATTACKS)
def test_every_setting_of_every_attack_is_reachable_from_every_command(name: str, nothing_runs: Path) -> None:
    texts, values = others(ATTACKS[name].params)
    given = switches(texts)
    for one in (given, switches(texts, f"{name}.")):
        assert called("analyse", "a.png", "--attack", name, *one)[1]["settings"] == values
    assert called("attack", "a.png", "--attack", name, "--out", "b.png", *given)[0][4] == values
    figure = called("figure", "a.png", "--attack", name, "--out", "b.png", "--maps", "saliency", *given)
    assert figure[1]["attacks"][name] == values
    assert called("evaluate", "attack", name, "--data", ".", *given)[0][3] == values
    against = called("evaluate", "attack-detector", "--paper", "--attacks", name, "--data", ".", *given)
    assert against[1]["attacks"][name] == values
    if can_be_swept(name):
        without_eps = switches({key: text for key, text in texts.items() if key != "eps"})
        swept = called("evaluate", "sweep", "--attacks", name, "--data", ".", *without_eps)
        assert swept[1]["settings"] == {name: {key: value for key, value in values.items() if key != "eps"}}
    if can_be_checked(name):
        assert called("evaluate", "gradient", name, "--data", ".", *given)[1]["settings"] == values


@pytest.mark.parametrize("name", EXPLAINERS)
def test_every_setting_of_every_map_is_reachable(name: str, nothing_runs: Path) -> None:
    texts, values = others(EXPLAINERS[name].params)
    given = ["--maps", f"input-x-gradient,{name}", *switches(texts, f"{name}.")]
    for command in (["analyse", "a.png"], ["figure", "a.png", "--out", "b.png"]):
        assert called(*command, *given)[1]["map_settings"] == {"input-x-gradient": {}, name: values}


def test_a_plain_name_is_for_every_attack_that_has_it_and_a_full_one_goes_before_it() -> None:
    given = ["pgd.steps=9", "steps=7", "alpha=2", "lrp.rule=epsilon-gamma-box"]
    wanted: dict[str, dict[str, Value]] = {
        "fgsm": {},
        "pgd": {"steps": 9, "alpha": 2 / 255},
        "bim": {"steps": 7, "alpha": 2 / 255},
        "lrp": {"rule": "epsilon-gamma-box"},
        "saliency": {},
    }
    assert given_settings(given, attacks=["fgsm", "pgd", "bim"], maps=["lrp", "saliency"]) == wanted


def test_what_is_set_goes_before_the_preset(nothing_runs: Path) -> None:
    attack = ["attack", "a.png", "--attack", "pgd", "--out", "b.png", "--preset", "madry2018", "--eps", "4"]
    settings = called(*attack, "--set", "alpha=1", "--set", "random_start=no")[0][4]
    wanted = {**ATTACKS["pgd"].facts.presets["madry2018"], "eps": 4 / 255, "alpha": 1 / 255, "random_start": False}
    assert settings == ATTACKS["pgd"].settings(wanted)


def test_an_evaluation_uses_the_attacks_own_budget_unless_told(nothing_runs: Path) -> None:
    for name in ("pgd", "cw", "one-pixel"):
        assert called("evaluate", "attack", name, "--data", ".")[0][3] == ATTACKS[name].settings()
    assert called("evaluate", "attack", "--eps", "8", "--data", ".")[0][3]["eps"] == 8 / 255


def test_attacks_and_detector_of_an_evaluation_are_chosen(nothing_runs: Path) -> None:
    assert called("evaluate", "attack", "--data", ".")[0][0].name == DEFAULT
    assert called("evaluate", "attack", "--data", ".", "--detector", "meso4-df")[0][0].name == "meso4-df"
    arguments, named = called("evaluate", "attack-detector", "--paper", "--data", ".")
    assert [one.name for one in arguments[:2]] == ["detect-resnet", DEFAULT]
    assert named["attacks"] == {name: ATTACKS[name].settings() for name in ("pgd", "fgsm")}
    other = ["evaluate", "attack-detector", "--paper", "--data", "."]
    other += ["--detector", "meso4-df", "--attacks", "square, noise"]
    arguments, named = called(*other)
    assert arguments[1].name == "meso4-df"
    assert list(named["attacks"]) == ["square", "noise"]
    said = CliRunner().invoke(app, other).stderr
    assert f"was trained on maps of {DEFAULT} only: meso4-df is outside its scope" in said


def test_the_attack_detector_of_every_command_is_chosen(nothing_runs: Path) -> None:
    name = attack_detectors.DEFAULT
    given, evading = ["--attack-detector", name], "adaptive-detector"
    assert called("analyse", "a.png", *given)[1]["attack_detector"] == name
    assert called("analyse", "a.png")[1]["attack_detector"] is None
    file = ["attack", "a.png", "--attack", evading, "--out", "b.png"]
    assert called(*file, *given)[1]["attack_detector"].name == name
    assert called(*file)[1]["attack_detector"] is None
    assert called("evaluate", "attack", evading, "--data", ".", *given)[1]["attack_detector"].name == name
    assert called("evaluate", "attack", evading, "--data", ".")[1]["attack_detector"] is None
    assert called("evaluate", "attack-detector", "--data", ".", *given)[0][0].name == name
    assert called("evaluate", "attack-detector", "--data", ".", *given, "--paper")[0][0].name == name
    batch = ["batch", "run", ".", "--out", "jobs.db", "--attack", evading]
    assert called(*batch, *given)[0][2].attack_detector == name
    assert called(*batch)[0][2].attack_detector == ""


def test_an_analysis_refuses_an_unknown_attack_detector() -> None:
    result = CliRunner().invoke(app, ["analyse", "a.png", "--attack-detector", "zebra"])
    assert isinstance(result.exception, InputError), result.output
    assert re.search("there is no attack detector 'zebra'.*detect-resnet", str(result.exception))


REFUSED = [
    (["pgd"], "--set is NAME=VALUE or METHOD.NAME=VALUE, such as eps=8 or lime.samples=100; what came is 'pgd'"),
    (["=8"], "--set is NAME=VALUE"),
    (["pgd.=8"], "--set is NAME=VALUE"),
    (["stepz=3"], "no attack asked for has a setting stepz; what can be set is: pgd.eps, .*pgd.kappa, lrp.rule"),
    (["rule=epsilon-gamma-box"], "no attack asked for has a setting rule; what can be set is: .*lrp.rule"),
    (["lrp.epsilon=1"], "lrp has no setting epsilon; what can be set is: lrp.rule"),
    (["lime.samples=100"], "lime is not among the attacks and maps asked for: pgd, lrp"),
    (["nothing.samples=100"], "nothing is not among the attacks and maps asked for: pgd, lrp"),
    (["eps=65"], "--set eps=65: eps has to lie between 0 and 64 /255; what came is 65"),
    (["eps=-1"], "what came is -1"),
    (["eps=nan"], "what came is nan"),
    (["alpha=fast"], r"alpha has to be a number \(/255\); what came is 'fast'"),
    (["steps="], "steps has to be a number; what came is ''"),
    (["kappa=1", "kappa=2"], "--set kappa=2: kappa was set before"),
    (["steps=2.5"], "steps has to be a whole number; what came is 2.5"),
    (["steps=inf"], "steps has to be a whole number; what came is inf"),
    (["loss=hinge"], "loss has to be one of margin, cross-entropy; what came is 'hinge'"),
    (["random_start=2"], "random_start has to be true or false; what came is '2'"),
    (["lrp.rule=zero"], "rule has to be one of epsilon-plus-flat, .*; what came is 'zero'"),
    (["decay=3"], "--set decay=3: no attack asked for has a setting decay"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=[" ".join(given) for given, _ in REFUSED])
def test_what_cannot_be_set_is_refused_in_a_sentence(given: list[str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        given_settings(given, attacks=["pgd"], maps=["lrp"])
    assert re.search(words, str(caught.value))
    assert "\n" not in str(caught.value)


SWITCHES = [
    (["analyse", "a.png", "--set", "steps=3", "--maps", "lrp"], "no attack asked for .* can be set is: lrp.rule"),
    (["analyse", "a.png", "--eps", "3", "--steps", "4"], "--eps and --steps set an attack, and no --attack came"),
    (
        ["analyse", "a.png", "--attack", "pgd", "--steps", "4", "--set", "pgd.steps=3"],
        "steps is what --steps gives here",
    ),
    (["figure", "a.png", "--out", "b.png", "--set", "steps=3", "--maps", "lrp"], "no attack asked for"),
    (["evaluate", "sweep", "--data", ".", "--set", "eps=3"], "eps is what --epsilons gives here"),
    (["evaluate", "attack", "--data", ".", "--eps", "3", "--set", "eps=3"], "eps is what --eps gives here"),
    (["evaluate", "attack-detector", "--data", ".", "--attacks", ","], "there is no attack to detect"),
    (
        ["evaluate", "attack-detector", "--data", ".", "--attack-detector", "zebra"],
        "there is no attack detector 'zebra'; known are: attack-signs, detect-resnet",
    ),
    (
        ["evaluate", "attack-detector", "--data", ".", "--paper", "--attack-detector", "attack-signs"],
        "--paper measures detect-resnet; what came with --attack-detector is attack-signs",
    ),
    (
        ["attack", "a.png", "--attack", "pgd", "--out", "b.png", "--attack-detector", "detect-resnet"],
        "--attack-detector has no meaning: pgd evades none; it is for the attack adaptive-detector",
    ),
    (
        ["batch", "run", ".", "--out", "a.db", "--attack-detector", "detect-resnet"],
        "--attack-detector has no meaning: no --attack came",
    ),
    (["evaluate", "attack", "pgd", "--data", ".", "--attack-detector", "zebra"], "no attack detector 'zebra'.*resnet"),
    (["batch", "run", ".", "--out", "a.db", "--attack-detector", "zebra"], "no attack detector 'zebra'.*detect-resnet"),
    (["evaluate", "attack-detector", "--data", ".", "--attacks", "zebra"], "there is no attack 'zebra'"),
    (
        ["evaluate", "attack-detector", "--data", ".", "--attack-detector", "detect-resnet", "--eps", "2"],
        "--eps and --post are of attack-signs; detect-resnet is measured at .*; what came is --eps",
    ),
    (["train", "signatures", "--data", ".", "--out", ".", "--minutes", "3"], "--minutes has no meaning"),
    (["train", "signatures", "--data", ".", "--out", ".", "--device", "cuda"], "on the cpu only, .* came is cuda"),
    (["train", "signatures", "--data", ".", "--out", ".", "--kind", "no"], "no signature 'no'; known are: lrp-pen"),
    (["train", "signatures", "--data", ".", "--out", ".", "--detector", "no"], "there is no detector 'no'"),
]


@pytest.mark.parametrize(("arguments", "words"), SWITCHES, ids=[words for _, words in SWITCHES])
def test_switches_without_a_meaning_are_refused(arguments: list[str], words: str, nothing_runs: Path) -> None:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError), result.output
    assert re.search(words, str(result.exception))

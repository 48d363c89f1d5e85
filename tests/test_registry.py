"""The registry refuses what is wrong and says what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.attack_detectors import ATTACK_DETECTORS
from core.attacks import ATTACKS
from core.attacks.base import AttackFacts
from core.detectors import DETECTORS
from core.detectors.base import DetectorFacts
from core.explain import EXPLAINERS
from core.explain.base import MapFacts
from core.registry import NoFacts, Param, Registry
from core.signatures import SIGNATURES
from core.signatures.base import SignatureFacts
from core.types import InputError


def registry() -> Registry[Any, Any]:
    made: Registry[Any, Any] = Registry("thing", NoFacts)

    @made.add(
        "one",
        title="One",
        source="nobody",
        params=(
            Param("eps", 16 / 255, low=0, high=64 / 255, scale=255, unit="/255"),
            Param("steps", 10, low=1, high=100),
            Param("loss", "a", choices=("a", "b")),
            Param("start", True),
        ),
    )
    def one(x: int, *, eps: float, steps: int, loss: str, start: bool) -> int:
        return x

    return made


def test_defaults_and_given_settings() -> None:
    entry = registry()["one"]
    assert entry.settings() == {"eps": 16 / 255, "steps": 10, "loss": "a", "start": True}
    assert entry.settings({"steps": 5.0})["steps"] == 5
    assert entry.settings({"eps": 64 / 255})["eps"] == 64 / 255


def test_values_are_read_as_people_write_them() -> None:
    eps, steps, loss, start = registry()["one"].params
    assert eps.parse("8") == 8 / 255
    assert steps.parse(" 1e1 ") == 10
    assert isinstance(steps.parse("5"), int)
    assert loss.parse("b") == "b"
    assert [start.parse(word) for word in ("yes", "True", "off")] == [True, True, False]


def test_a_text_without_choices_is_free() -> None:
    names = Param("names", "a,b")
    assert names.parse(" c , d ") == "c , d"
    for value in ("  ", 3):
        with pytest.raises(InputError, match="names has to be a text; what came is"):
            names.check(value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"eps": -1 / 255}, "eps has to lie between 0 and 64 /255; what came is -1"),
        ({"eps": 65 / 255}, "what came is 65"),
        ({"eps": float("nan")}, "eps has to lie between"),
        ({"steps": 2.5}, "whole number"),
        ({"steps": 0}, "between 1 and 100"),
        ({"steps": "ten"}, "what came is 'ten'"),
        ({"loss": "c"}, "one of a, b"),
        ({"start": 1}, "start has to be bool"),
        ({"stops": 1}, "no setting stops; its settings are: eps, steps, loss, start"),
    ],
)
def test_refusals(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        registry()["one"].settings(given)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(InputError, match="there is no thing 'two'; known are: one"):
        registry()["two"]
    assert "two" not in registry()
    assert registry().get("two") is None


def test_duplicates_and_settings_that_the_function_does_not_take() -> None:
    made = registry()
    with pytest.raises(ValueError, match="registered twice"):
        made.add("one", title="", source="")
    with pytest.raises(ValueError, match="does not take the settings"):
        made.add("three", title="", source="", params=(Param("nothing", 1),))(lambda x: x)


REGISTRIES: dict[str, tuple[Registry[Any, Any], Any]] = {
    "attacks": (ATTACKS, AttackFacts("Linf", "white", lambda _: (1, 1))),
    "maps": (EXPLAINERS, MapFacts(passes=1)),
    "detectors": (DETECTORS, DetectorFacts("meso4")),
    "attack detectors": (ATTACK_DETECTORS, NoFacts()),
    "signatures": (SIGNATURES, SignatureFacts(("relevance",))),
}


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_registry_takes_its_own_facts_and_refuses_all_others(name: str) -> None:
    registry, own = REGISTRIES[name]
    assert all(type(entry.facts) is type(own) for entry in registry.values())
    before = set(registry)
    registry.add("a new one", title="", source="", facts=own)  # not yet applied to a function
    others = [facts for _, facts in REGISTRIES.values() if type(facts) is not type(own)]
    for other in [*others, {"norm": "Linf"}]:
        words = f"the facts of the {registry.kind} 'a new one' have to be {type(own).__name__}; what came is "
        with pytest.raises(ValueError, match=words + type(other).__name__):
            registry.add("a new one", title="", source="", facts=other)
    assert set(registry) == before


def test_facts_that_have_to_be_given_are_asked_for() -> None:
    with pytest.raises(ValueError, match="the facts of the attack 'x' have to be AttackFacts; none came, and .*norm"):
        ATTACKS.add("x", title="", source="")
    with pytest.raises(ValueError, match="the facts of the map 'x' have to be MapFacts; none came, and .*passes"):
        EXPLAINERS.add("x", title="", source="")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            lambda: AttackFacts("L3", "white", lambda _: (1, 1)),  # type: ignore[arg-type]
            "norm is Linf, L2 or L0; what came is 'L3'",
        ),
        (
            lambda: AttackFacts("L2", "grey", lambda _: (1, 1)),  # type: ignore[arg-type]
            "access is white, black or control; what came is 'grey'",
        ),
        (lambda: MapFacts(passes=0), "a map takes one pass at least; what came is 0"),
    ],
)
def test_facts_are_checked_where_they_are_made(facts: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        facts()

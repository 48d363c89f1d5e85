"""The registry refuses what is wrong and says what is known."""

from __future__ import annotations

import pytest

from core.registry import Param, Registry
from core.types import InputError


def registry() -> Registry:
    made: Registry = Registry("thing")

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
def test_refusals(given: dict, words: str) -> None:
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

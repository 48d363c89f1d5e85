"""An address: what is written into it is read back to the last bit, and what cannot be read is said."""

from __future__ import annotations

import math

import pytest

from core.attacks import ATTACKS
from core.explain import EXPLAINERS
from core.registry import Param
from core.types import InputError
from pages.parts.session.address_groups import LONGEST, WHOLE, group_values, settings_text, written_settings
from pages.parts.session.addresses import attack_values, is_ours, map_values, read_address
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.map_work import PlannedMaps

FILE = {"file": "0f" * 32}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_an_attack_comes_back_as_it_was_written(name: str) -> None:
    for given in ({}, *ATTACKS[name].facts.presets.values()):
        plan = PlannedAttack(name, ATTACKS[name].settings(given), 17, 0.95)
        found = read_address(FILE | attack_values(plan))
        assert found
        assert not found.problems
        assert found.attack
        assert (found.attack.method, dict(found.attack.settings)) == (name, dict(plan.settings))
        several = ATTACKS[name].facts.passes(plan.settings)[0] > 1  # only these can stop early
        assert (found.attack.seed, found.attack.stop_at) == (17, 0.95 if several else None)


def test_maps_come_back_as_they_were_written() -> None:
    plan = PlannedMaps(tuple(EXPLAINERS), {"smoothgrad": {"sigma": 0.1 + 0.2}}, "fake", 3)
    values = map_values(plan, "lime")
    found = read_address(FILE | values)
    assert found
    assert found.maps
    assert (found.maps.methods, found.maps.target, found.maps.seed, found.one) == (plan.methods, "fake", 3, "lime")
    for name in plan.methods:
        assert found.maps.key("crop", "by", name) == plan.key("crop", "by", name)
    assert all(map(is_ours, values))
    assert not is_ours("queue")


@pytest.mark.parametrize("name", list(ATTACKS))
def test_an_attack_on_a_whole_file_comes_back_as_it_was_written(name: str) -> None:
    for given in ({}, *ATTACKS[name].facts.presets.values()):
        settings = ATTACKS[name].settings(given)
        values = group_values(WHOLE, {"attack": name, "settings": settings_text(name, settings), "stop_at": None})
        found = read_address(FILE | values)
        assert found
        assert not found.problems
        assert written_settings(name, str(found.groups["whole"]["settings"])) == dict(settings)
        assert "stop_at" not in found.groups["whole"]
        assert all(map(is_ours, values))


def test_numbers_are_written_short_and_exact() -> None:
    eps = Param("eps", 16 / 255, 0, 64 / 255, scale=255)
    assert [eps.write(level / 255) for level in (1, 2, 4, 8, 16)] == ["1", "2", "4", "8", "16"]
    for value in (math.pi / 255, 0.1, 1 / 3 / 7, 2.55 / 255):
        assert eps.parse(eps.write(value)) == value
    assert [Param("on", True).write(value) for value in (True, False)] == ["true", "false"]
    assert Param("rule", "z").write("z") == "z"


BAD = [
    ({"file": "no hash"}, "64 hex digits; what came is 'no hash'"),
    ({"face": "-1"}, "face: face has to lie between 0 and 99999; what came is -1"),
    ({"face": "first"}, "face has to be a number"),
    ({"frames": "0"}, "frames has to lie between 1 and 500"),
    ({"by": "<b>"}, "NAME:WEIGHTS:CALIBRATION; what came is '<b>'"),
    ({"attack": "magic"}, "there is no attack 'magic'"),
    ({"attack": "pgd", "pgd.eps": "1000"}, "pgd.eps: eps has to lie between 0 and"),
    ({"attack": "pgd", "pgd.eps": "nan"}, "eps has to lie between"),
    ({"attack": "pgd", "pgd.wings": "2"}, "pgd has no setting wings"),
    ({"attack": "pgd", "attack.seed": "1.5"}, "attack.seed: seed has to be a whole number"),
    ({"attack": "pgd", "attack.stop_at": "0.2"}, "stop_at has to lie between 0.5 and 1"),
    ({"maps": "lrp tarot"}, "there is no map 'tarot'"),
    ({"maps": "lrp", "lrp.rule": "gold"}, "rule has to be one of"),
    ({"maps": "lrp", "maps.target": "luck"}, "target has to be one of margin, fake, real"),
    ({"maps": "lrp", "map": "lime"}, "map has to be one of lrp; what came is 'lime'"),
    ({"sweep.attacks": "pgd one-pixel"}, "sweep.attacks: these attacks can be swept over: "),
    ({"sweep.epsilons": "0, 90"}, "sweep.epsilons: epsilons are numbers from 0 to 64"),
    ({"sweep.wings": "2"}, "sweep has no setting 'wings'; it has: attacks, epsilons"),
    ({"sweep.epsilons": "1," * LONGEST}, f"sweep.epsilons has at most {LONGEST} letters"),
    ({"whole.settings": "wings=2", "whole.attack": "pgd"}, "PGD has no setting 'wings'"),
    ({"whole.settings": "eps=1000", "whole.attack": "pgd"}, "eps has to lie between"),
    ({"critical.share": "80"}, "critical.share: share has to lie between 0.1 and 50 %; what came is 80"),
    ({"tab": "x" * (LONGEST + 1)}, f"tab has at most {LONGEST} letters"),
]


@pytest.mark.parametrize(("query", "words"), BAD)
def test_what_cannot_be_read_is_left_out_and_said(query: dict[str, str], words: str) -> None:
    found = read_address(FILE | query)
    assert found
    (problem,) = found.problems
    assert words in problem
    for part in ("attack", "maps", "one", "face", "frames", "by", "tab"):
        assert getattr(found, part) is None or (part == "maps" and "map" in query)
    assert not found.groups
    assert found.file == ("" if "file" in query else FILE["file"])


def test_an_address_without_a_file_asks_for_nothing() -> None:
    assert read_address({"attack": "magic"}) is None
    with pytest.raises(InputError):
        ATTACKS["magic"]

"""Turn words of the command line into settings of attacks and names of maps."""

from __future__ import annotations

from typing import Any

from ..attack_detectors import ATTACK_DETECTORS, AttackDetector, load
from ..attacks import ATTACKS
from ..explain import EXPLAINERS, quick
from ..types import InputError, Settings


def attack_settings(
    attack: str | None,
    *,
    eps: float | None = None,
    steps: int | None = None,
    preset: str | None = None,
    given: Settings | None = None,
) -> Settings:
    """Collect all settings of an attack, each checked.

    Given ones take precedence over the preset's, these over the defaults.

    Args:
        attack: a registered name; None has no settings.
        eps: the budget in the unit that the setting is shown in: 1/255 for most.
        steps: the number of steps.
        preset: the name of a paper's settings.
        given: further settings by name, as the attack takes them.
    """
    if attack is None:
        return {}
    entry = ATTACKS[attack]
    chosen: dict[str, Any] = {}
    presets = entry.facts.presets
    if preset is not None:
        if preset not in presets:
            raise InputError(f"{attack} has no preset {preset!r}; its presets are: {', '.join(presets) or 'none'}")
        chosen |= presets[preset]
    if eps is not None:
        chosen["eps"] = eps / next((param.scale for param in entry.params if param.name == "eps"), 255)
    if steps is not None:
        chosen["steps"] = steps
    return entry.settings({**chosen, **(given or {})})


def evaded_detector(name: str | None, attack: str | None) -> AttackDetector | None:
    """Load the attack detector that an attack is to evade. None: the default one.

    Names that no registry has are refused, that of the attack too.

    Args:
        name: what came with `--attack-detector`; None where it was not given.
        attack: a registered name; None where nothing is attacked.
    """
    needs = ATTACKS[attack].facts.needs if attack is not None else ()
    if name is None:
        return None
    ATTACK_DETECTORS[name]
    if not needs:
        evading = ", ".join(one for one, entry in ATTACKS.items() if entry.facts.needs)
        what = f"{attack} evades none" if attack else "no --attack came"
        raise InputError(f"--attack-detector has no meaning: {what}; it is for the attack {evading}")
    return load(name)


def map_names(maps: str) -> tuple[str, ...]:
    """Parse the maps: "quick", "all", "none", or names joined by commas.

    "quick" are those of a few dozen passes at most.
    """
    if maps in ("quick", "all", "none"):
        return {"quick": quick(), "all": tuple(EXPLAINERS), "none": ()}[maps]
    names = tuple(dict.fromkeys(name.strip() for name in maps.split(",") if name.strip()))
    for name in names:
        EXPLAINERS[name]
    return names


def map_settings(name: str) -> Settings:
    """Return all settings of a map, at their defaults."""
    return EXPLAINERS[name].settings()

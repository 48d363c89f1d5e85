"""Turn words of the command line into settings of attacks and names of maps."""

from __future__ import annotations

from typing import Any

from ..attacks import ATTACKS
from ..explain import EXPLAINERS, quick
from ..types import InputError, Settings


def attack_settings(
    attack: str | None, *, eps: float | None = None, steps: int | None = None, preset: str | None = None
) -> Settings:
    """All settings of an attack: the command line's numbers over the preset's over the defaults, each checked.

    `eps` in the unit that the setting is shown in: 1/255 for most.
    """
    if attack is None:
        return {}
    entry = ATTACKS[attack]
    given: dict[str, Any] = {}
    presets = entry.facts.get("presets", {})
    if preset is not None:
        if preset not in presets:
            raise InputError(f"{attack} has no preset {preset!r}; its presets are: {', '.join(presets) or 'none'}")
        given |= presets[preset]
    if eps is not None:
        given["eps"] = eps / next((param.scale for param in entry.params if param.name == "eps"), 255)
    if steps is not None:
        given["steps"] = steps
    return entry.settings(given)


def map_names(maps: str) -> tuple[str, ...]:
    """The maps asked for: "quick" (those of a few dozen passes at most), "all", "none", or names joined by commas."""
    if maps in ("quick", "all", "none"):
        return {"quick": quick(), "all": tuple(EXPLAINERS), "none": ()}[maps]
    names = tuple(dict.fromkeys(name.strip() for name in maps.split(",") if name.strip()))
    for name in names:
        EXPLAINERS[name]
    return names

"""Hold signatures on a plane, drawn without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...types import Array
from ...types.arrays import check
from .colours import COLOURS, SYMBOLS

REFERENCE_KINDS = {"fake": "forged"}  # what a reference is, in words for people
ROOM = 0.04  # of the plane's sides, beside its points


@dataclass(frozen=True, slots=True)
class PresentSignature:
    """Hold a face's signature on the plane: name, kind, coordinates.

    ring: radius of the circle about it that is drawn, in the unit of the coordinates; 0 for none.
    """

    name: str
    kind: str
    at: tuple[float, float]
    ring: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SignaturePlane:
    """Hold reference signatures by kind, the present ones named, neighbours ringed.

    places: (N, 2) float of the references.
    kinds: (N,) index into `kind_names`, and `attacks`: (N,) into `attack_names`.
    present: an arrow leads from the first to the second.
    marked: indices of neighbours.
    picked: index of the reference that a person picked; selected: indices of those in a lasso.
    """

    places: Array
    kinds: Array
    attacks: Array
    kind_names: Sequence[str]
    attack_names: Sequence[str]
    present: Sequence[PresentSignature] = ()
    marked: Sequence[int] = ()
    picked: int | None = None
    selected: Sequence[int] = ()
    _scale: tuple[Array, Array] = field(init=False, repr=False)  # least coordinates, and a unit's share of each side

    def __post_init__(self) -> None:
        count = len(self.places)
        shapes = self.places.shape, self.kinds.shape, self.attacks.shape
        check(shapes == ((count, 2), (count,), (count,)), "a plane has a place, kind and attack a reference", shapes)
        named = [*self.marked, *self.selected, *([] if self.picked is None else [self.picked])]
        check(all(0 <= index < count for index in named), f"marked references are 0 to {count - 1}", named)
        there = np.concatenate([self.places, np.asarray([one.at for one in self.present]).reshape(-1, 2)])
        low, high = there.min(0, initial=np.inf), there.max(0, initial=-np.inf)
        object.__setattr__(self, "_scale", (low, (1 - 2 * ROOM) / np.maximum(high - low, 1e-9)))

    def points(self) -> Array:
        """Return (N, 4) float32, a row a reference: x, y in [0, 1], kind, attack.

        x grows to the right, y downwards.
        """
        columns = [*self._inside(self.places).T, self.kinds, self.attacks]
        return np.ascontiguousarray(np.stack(columns, 1).astype("<f4"))

    def record(self) -> dict[str, Any]:
        """Return the rest as the browser reads it."""
        return {
            "kinds": [
                {"name": REFERENCE_KINDS.get(kind, kind), "colour": COLOURS[kind], "shape": SYMBOLS[kind]}
                for kind in self.kind_names
            ],
            "attacks": list(self.attack_names),
            "present": [
                {
                    "name": one.name,
                    "colour": COLOURS[one.kind],
                    "at": self._inside(np.asarray([one.at]))[0].tolist(),
                    "ring": (one.ring * self._scale[1]).tolist(),
                }
                for one in self.present
            ],
            "marked": list(self.marked),
            "picked": self.picked,
            "selected": list(self.selected),
        }

    def _inside(self, places: Array) -> Array:
        """Scale places to the plane's sides, with room; the present ones have room too."""
        low, scale = self._scale
        shares = (places - low) * scale + ROOM
        return np.stack([shares[:, 0], 1 - shares[:, 1]], 1)

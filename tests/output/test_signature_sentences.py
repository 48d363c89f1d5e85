"""What a face's nearest references are, in a sentence."""

from __future__ import annotations

from core.output.signature_sentences import neighbours_sentence
from core.types import Neighbour, Placement


def test_neighbours_are_a_sentence() -> None:
    near = [Neighbour(i, kind, "none", 0.1) for i, kind in enumerate(["real"] * 2 + ["fake"] * 6)]
    for novelty, far in ((1.0, "as near as references are to each other"), (2.0, "farther off than most")):
        said = neighbours_sentence(Placement((0.0, 0.0), tuple(near), novelty), "clean")
        assert said == f"6 of 8 nearest are forged; {far}."
    said = neighbours_sentence(Placement((0.0, 0.0), tuple(near), 4.0), "attacked")
    assert said.startswith("6 of 8 nearest of the attacked face are forged; unlike any")
    near = [Neighbour(i, kind, "none", 0.1) for i, kind in enumerate(["fake"] * 2 + ["attacked"] * 3 + ["real"] * 3)]
    said = neighbours_sentence(Placement((0.0, 0.0), tuple(near), 1.0), "clean")
    assert said.startswith("The 8 nearest are mixed (3 attacked, 3 real, 2 forged); as near as"), "none is most"

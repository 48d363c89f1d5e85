"""Say what a study's table draws, and draw it for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..output.paper import (
    PaperFace,
    PaperLayout,
    PaperMaps,
    boxes_file,
    curves_file,
    grid_file,
    groups_file,
    lines_file,
    points_file,
)
from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable, panels_by_method

Points = list[tuple[float, float]]
Lines = Mapping[str, Points]
Boxes = Mapping[str, tuple[Sequence[float], Sequence[float]]]
QUANTILES = (5, 25, 50, 75, 95)  # per cent
UNIT_COLUMNS = (
    *("attack", "unit", "mean clean", "mean attacked", "change", "p", "p corrected"),
    *(f"{who} {part} %" for who in ("clean", "attacked") for part in QUANTILES),
)
GROUP_COLUMNS = ("half", "group", "measure", "from", "to", "value")
CURVE_COLUMNS = ("map", "attack", "AUC", "false alarms", "found")
SHARES = {("arif", "figure 5"): "robust accuracy"}  # drawn against epsilon
BOXES = 6  # units of a figure


def is_embedding(found: StudyTable) -> bool:
    """Tell whether a table's rows are points of a plane."""
    return found.columns[:2] == ("x", "y")


def is_shares(found: StudyTable) -> bool:
    """Tell whether a table's rows are shares against epsilon."""
    return (found.study, found.table) in SHARES


def is_groups(found: StudyTable) -> bool:
    """Tell whether a table's rows are means and histograms of two groups."""
    return found.columns == GROUP_COLUMNS


def is_units(found: StudyTable) -> bool:
    """Tell whether a table's rows are units of a layer, before and after."""
    return found.columns == UNIT_COLUMNS


def has_figure(found: StudyTable) -> bool:
    """Tell whether a table is drawn."""
    rows = (is_embedding, is_shares, is_groups, is_units, is_curves)
    return bool(found.panels) or any(is_one(found) for is_one in rows)


def point_groups(found: StudyTable) -> dict[str, Points]:
    """Sort the points of a plane by class and attack."""
    groups: dict[str, Points] = {}
    for x, y, *about in found.rows:
        groups.setdefault(_group(found, about), []).append((float(x or 0), float(y or 0)))
    return dict(sorted(groups.items(), key=lambda one: (one[0].isdigit(), one[0])))  # digits above what attacked them


def _group(found: StudyTable, about: Sequence[StudyCell]) -> str:
    """Name a point's group: its attack, or else its class."""
    if found.columns[2:] == ("class", "attack"):
        return str(about[1] or about[0])
    name, attacked, turned = about
    turns = ", turned by FGSM" if turned == "yes" else ", not turned"
    return f"{name}, attacked" if attacked == "yes" else f"{name}, clear{turns}"


def share_lines(found: StudyTable) -> tuple[Lines, Lines]:
    """Return measured and printed shares against epsilon, by attack."""
    return tuple({str(row[0]): _pairs(found, row) for row in rows} for rows in (found.rows, found.paper or ()))  # type: ignore[return-value]


def _pairs(found: StudyTable, row: StudyRow) -> Points:
    cells = zip(found.columns[1:], row[1:], strict=True)
    return [(float(name), float(cell)) for name, cell in cells if isinstance(cell, int | float)]


def group_values(found: StudyTable, half: str, measure: str) -> dict[str, Array]:
    """Return a measure's values of one half by group."""
    out: dict[str, list[float]] = {}
    for row in found.rows:
        if (row[0], row[2]) == (half, measure):
            out.setdefault(str(row[1]), []).append(float(row[5] or 0))
    return {name: np.array(values) for name, values in out.items()}


def group_edges(found: StudyTable) -> Array:
    """Return the edges of the histograms' bins, ascending."""
    return np.unique([float(cell) for row in found.rows for cell in row[3:5] if isinstance(cell, int | float)])


def halves(found: StudyTable) -> list[str]:
    """Return the halves that have histograms, in order."""
    return list(dict.fromkeys(str(row[0]) for row in found.rows if row[2] == "share"))


def unit_boxes(found: StudyTable) -> tuple[str, Boxes]:
    """Return the attack that changes units most, and their quantiles before and after."""
    attack = str(max(found.rows, key=lambda row: abs(float(row[4] or 0)))[0])
    own = [row for row in found.rows if row[0] == attack][:BOXES]
    size = len(QUANTILES)
    return attack, {f"unit {row[1]}": (_floats(row[7 : 7 + size]), _floats(row[7 + size :])) for row in own}


def _floats(cells: StudyRow) -> list[float]:
    return [float(cell or 0) for cell in cells]


def is_curves(found: StudyTable) -> bool:
    """Tell whether a table's rows are points of ROC curves."""
    return bool(found.rows) and found.columns == CURVE_COLUMNS


def curve_groups(found: StudyTable) -> dict[str, dict[str, tuple[float, Points]]]:
    """Sort points of ROC curves by map and attack, with the areas."""
    groups: dict[str, dict[str, tuple[float, Points]]] = {}
    for name, attack, area, alarms, hits in found.rows:
        curves = groups.setdefault(str(name), {})
        _, points = curves.setdefault(str(attack), (float(area or 0), []))
        points.append((float(alarms or 0), float(hits or 0)))
    return groups


def figure_png(found: StudyTable) -> bytes | None:
    """Draw a table's pictures, points or charts as PNG; None where it has none."""
    about = {"study": found.study, "table": found.table, "settings": dict(found.settings)}
    if found.panels:
        groups = panels_by_method(found.panels)
        faces = [PaperFace(one.name, one.image, one.lines) for one in next(iter(groups.values()))]
        maps = [PaperMaps(name, one[0].signed, tuple(x.map for x in one)) for name, one in groups.items()]
        layout = PaperLayout(transposed=len(faces) > len(groups), shared=False)
        return grid_file(faces, maps, layout, kind="png", title=found.title, subject="Picture", record=about)
    if is_embedding(found):
        return points_file(point_groups(found), title=found.title, record=about)
    if is_curves(found):
        return curves_file(curve_groups(found), title=found.title, record=about)
    if is_shares(found):
        said = SHARES[found.study, found.table]
        return lines_file(*share_lines(found), said=said, title=found.title, record=about)
    if is_groups(found):
        parts = {
            half: (
                group_values(found, half, "mean"),
                group_values(found, half, "standard deviation"),
                group_values(found, half, "share"),
            )
            for half in halves(found)
        }
        return groups_file(parts, group_edges(found), title=found.title, record=about)
    if is_units(found):
        attack, boxes = unit_boxes(found)
        return boxes_file(boxes, attack=attack, title=found.title, record=about)
    return None

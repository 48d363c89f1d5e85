"""Draw what a study's table is of, for print."""

from __future__ import annotations

from ..output.paper import PaperFace, PaperLayout, PaperMaps, curves_file, grid_file, points_file
from ..types.study_tables import StudyTable, panels_by_method

Points = list[tuple[float, float]]
CURVE_COLUMNS = ("map", "attack", "AUC", "false alarms", "found")


def is_plane(found: StudyTable) -> bool:
    """Tell whether a table's rows are points of a plane."""
    return found.columns[:2] == ("x", "y")


def point_groups(found: StudyTable) -> dict[str, Points]:
    """Sort the points of a plane by class and attack."""
    groups: dict[str, Points] = {}
    for x, y, name, attacked, turned in found.rows:
        turns = ", turned by FGSM" if turned == "yes" else ", not turned"
        group = f"{name}, attacked" if attacked == "yes" else f"{name}, clear{turns}"
        groups.setdefault(group, []).append((float(x or 0), float(y or 0)))
    return dict(sorted(groups.items()))


def is_curves(found: StudyTable) -> bool:
    """Tell whether a table's rows are points of ROC curves."""
    return found.columns == CURVE_COLUMNS


def curve_groups(found: StudyTable) -> dict[str, dict[str, tuple[float, Points]]]:
    """Sort points of ROC curves by map and attack, with the areas."""
    groups: dict[str, dict[str, tuple[float, Points]]] = {}
    for name, attack, area, alarms, hits in found.rows:
        curves = groups.setdefault(str(name), {})
        _, points = curves.setdefault(str(attack), (float(area or 0), []))
        points.append((float(alarms or 0), float(hits or 0)))
    return groups


def has_figure(found: StudyTable) -> bool:
    """Tell whether a table is drawn for print."""
    return bool(found.panels) or is_plane(found) or is_curves(found)


def figure_png(found: StudyTable) -> bytes | None:
    """Draw a table's pictures, points or curves as PNG; None where it has none."""
    about = {"study": found.study, "table": found.table, "settings": dict(found.settings)}
    if found.panels:
        groups = panels_by_method(found.panels)
        faces = [PaperFace(one.name, one.image, one.lines) for one in next(iter(groups.values()))]
        maps = [PaperMaps(name, one[0].signed, tuple(x.map for x in one)) for name, one in groups.items()]
        layout = PaperLayout(transposed=len(faces) > len(groups), shared=False)
        return grid_file(faces, maps, layout, kind="png", title=found.title, subject="Picture", record=about)
    if is_plane(found):
        return points_file(point_groups(found), title=found.title, record=about)
    if is_curves(found):
        return curves_file(curve_groups(found), title=found.title, record=about)
    return None

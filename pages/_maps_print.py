"""The grid as a figure for paper: sized in millimetres, shown in its true width, with its settings in the file."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import streamlit as st

from core import figures, report
from core.attacks import ATTACKS
from core.explain import EXPLAINERS, REDUCER
from core.figures import paper, sheet
from core.pipeline import Judged
from core.types import Attribution, Honesty, InputError, Verdict, content_id
from pages import _maps, _state, _widgets

KINDS = {
    "one": f"One column, {paper.ONE_COLUMN:g} mm",
    "two": f"Two columns, {paper.TWO_COLUMNS:g} mm",
    "own": "Own width",
}
FONTS = {"serif": "Serif (STIX, like Times)", "sans": "Sans serif (DejaVu Sans)"}
PIXEL = 25.4 / 96  # millimetres of a CSS pixel
PREVIEW = 192  # dots per inch: two for each CSS pixel


def draw(scene: _maps.Scene) -> None:
    """Settings at the left; the figure in its true width, its files and a caption at the right."""
    desk, item, both, columns = scene.desk, scene.item, scene.both, scene.columns
    if not columns:
        st.markdown("No maps yet: compute some, and the figure is made of them here.")
        return
    choice = desk.maps.paper
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        chosen = _settings(desk, both, columns)
    with right, _widgets.guard():
        faces, maps, layout = _figure(desk, both, chosen)
        record = _record(desk, item, both, chosen, layout)
        preview = _preview(desk, faces, maps, layout)
        wide = round(layout.width / PIXEL)
        st.image(preview, width=wide, alt="The figure as it will be printed: " + ", ".join(m.title for m in maps))
        st.caption(
            f"In its true width of {layout.width:g} mm, on a screen of 96 pixels an inch at a zoom of 100%. "
            "Open the picture in full screen to look closer."
        )
        with st.container(horizontal=True):
            for kind, mime in paper.KINDS.items():
                st.download_button(
                    f"Figure as {kind.upper()}",
                    partial(figures.grid_file, faces, maps, layout, kind=kind, title=_title(desk), record=record),
                    f"maps-{layout.width:g}mm.{kind}", mime, on_click="ignore", icon=":material/download:",
                    key=f"paper-{kind}", help=HELP[kind].format(dpi=choice.dpi),
                )  # fmt: skip
            _widgets.json_button("What is in its metadata", record, "figure.json", key="paper-json")
        st.markdown("**A caption to start from**")
        st.code(_caption(desk, both, chosen, layout), language=None, wrap_lines=True)


HELP = {
    "pdf": "Type embedded as TrueType, pictures in their own pixels.",
    "svg": "Type drawn as paths, so that it looks the same everywhere; pictures in their own pixels.",
    "png": "{dpi} dots an inch.",
}


def _settings(desk: _state.Desk, both: list[_maps.Side], columns: list[_maps.Column]) -> list[_maps.Column]:
    choice = desk.maps.paper
    usable = {column.method: column for column in columns if len(column.maps) == len(both)}
    if not usable:
        raise InputError("None of the maps is there for both faces: compute them first.")
    kept = [name for name in choice.methods if name in usable] if choice.methods is not None else list(usable)
    names = st.multiselect(
        "Maps in the figure", list(usable), kept, format_func=lambda name: usable[name].title, key="paper-methods",
    )  # fmt: skip
    kind = st.selectbox("Width", list(KINDS), list(KINDS).index(choice.kind), format_func=KINDS.__getitem__,
                        key="paper-kind")  # fmt: skip
    width = choice.width
    if kind == "own":
        low, high = sheet.WIDTHS
        width = float(st.number_input("Width in mm", low, high, choice.width, 5.0, "%g", key="paper-width"))
    transposed = st.toggle("Methods in rows", choice.transposed, key="paper-transposed",
                           help="On: the faces stand side by side. Off: the methods do.")  # fmt: skip
    difference = st.toggle("Difference", choice.difference, key="paper-difference", disabled=len(both) < 2)
    shared = st.toggle("One colour scale a method", choice.shared, key="paper-shared")
    strength = st.slider("Overlay", 0.0, 1.0, choice.strength, 0.05, key="paper-strength",
                         help="1 prints the map alone, less lets the grey face show through.")  # fmt: skip
    _state.changed(choice, kind=kind, width=width, transposed=transposed, difference=difference, shared=shared,
                   strength=strength, methods=None if names == list(usable) else tuple(names))  # fmt: skip
    with st.expander("Type and small print", icon=":material/text_fields:"):
        _type(desk, both, _known(desk, usable))
    return [usable[name] for name in names]


def _known(desk: _state.Desk, usable: dict[str, _maps.Column]) -> list[str]:
    """The names of all figures that were measured of any of the maps."""
    found = (figure.name for column in usable.values() for pair in column.found if pair
             for figure in _maps.figures_of(desk, pair))  # fmt: skip
    return list(dict.fromkeys(found))


def _type(desk: _state.Desk, both: list[_maps.Side], known: list[str]) -> None:
    choice = desk.maps.paper
    usual, given = _usual(desk, both), []
    for side, name, now in zip(both, usual, _names(desk, both), strict=True):
        key = f"paper-name-{side.name}-{name}"
        text = st.text_input(f"Name of the {side.name} face", now, max_chars=40, key=key).strip()
        given.append("" if text == name else text)
    verdicts = st.toggle("Verdict under each face", choice.verdicts, key="paper-verdicts")
    options = ["own", "none", *known]
    words = {"own": "The first of its own", "none": "None"}
    honesty = st.selectbox(
        "Honesty figure under each map", options, options.index(choice.honesty) if choice.honesty in options else 0,
        format_func=lambda name: words.get(name, name), key="paper-honesty",
    )  # fmt: skip
    font = st.selectbox("Type", list(FONTS), list(FONTS).index(choice.font), format_func=FONTS.__getitem__,
                        key="paper-font")  # fmt: skip
    points = float(st.number_input("Size of the titles (points)", 5.0, 12.0, choice.points, 0.5, "%g", key="paper-pt"))
    dpi = int(st.number_input("Dots an inch of the PNG", 150, 1200, choice.dpi, 50, key="paper-dpi"))
    _state.changed(choice, names=tuple(given), verdicts=verdicts, honesty=honesty, font=font, points=points, dpi=dpi)


def _usual(desk: _state.Desk, both: list[_maps.Side]) -> list[str]:
    result = desk.attack_result()
    return ["clean", *([f"attacked, {ATTACKS[result.attack].title}"] if result else [])][: len(both)]


def _names(desk: _state.Desk, both: list[_maps.Side]) -> list[str]:
    """The faces' names as they were given, else "clean" and "attacked, PGD"."""
    given = [*desk.maps.paper.names, "", ""]
    return [name or usual for name, usual in zip(given, _usual(desk, both), strict=False)]


def _figure(
    desk: _state.Desk, both: list[_maps.Side], chosen: list[_maps.Column]
) -> tuple[list[figures.PaperFace], list[figures.PaperMaps], figures.PaperLayout]:
    if not chosen:
        raise InputError("Choose at least one map for the figure.")
    choice = desk.maps.paper
    width = {"one": paper.ONE_COLUMN, "two": paper.TWO_COLUMNS, "own": choice.width}[choice.kind]
    alike = len(both) == 2 and all(column.alike for column in chosen)
    if choice.difference and len(both) == 2 and not alike:
        raise InputError("Some clean and attacked maps were made with different settings: compute them again.")
    layout = figures.PaperLayout(
        width=width, transposed=choice.transposed, difference=(0, 1) if choice.difference and alike else None,
        shared=choice.shared, strength=choice.strength, font=choice.font, points=choice.points, dpi=choice.dpi,
    )  # fmt: skip
    faces = [
        figures.PaperFace(name, side.crop, _verdict(side.verdict) if choice.verdicts else ())
        for name, side in zip(_names(desk, both), both, strict=True)
    ]
    maps = [
        figures.PaperMaps(
            column.title, column.maps[0].signed, tuple(one.map for one in column.maps),
            tuple(_under(desk, pair, choice.honesty) for pair in column.found if pair),
        )
        for column in chosen
    ]  # fmt: skip
    return faces, maps, layout


def _verdict(verdict: Verdict) -> tuple[str, str]:
    if not verdict.calibrated:
        return verdict.band, f"score {verdict.p_fake:.2f}"
    return verdict.band, f"P(fake) {_widgets.percent(verdict.p_fake)}"


def _under(desk: _state.Desk, pair: tuple[_state.Key, Attribution], which: str) -> tuple[str, ...]:
    found: list[Honesty] = list(_maps.figures_of(desk, pair))
    if which == "own":  # a figure with a right direction before a plain fact, as the number of samples is
        found.sort(key=lambda figure: figure.better not in ("lower", "near one"))
    else:
        found = [figure for figure in found if figure.name == which]
    return (f"{found[0].name} {_maps.value(found[0])}",) if found else ()


def _preview(
    desk: _state.Desk, faces: list[figures.PaperFace], maps: list[figures.PaperMaps], layout: figures.PaperLayout
) -> bytes:
    """The figure as a picture, made once for the same figure."""
    arrays = [array for one in maps for array in one.maps]
    words = repr([(f.name, f.lines) for f in faces] + [(m.title, m.lines) for m in maps]) + repr(layout)
    key = _state.key_of("paper", content_id(words, *arrays), "", "", {})
    kept: bytes | None = desk.results.get(key)
    if kept is None:
        kept = figures.grid_file(faces, maps, layout, kind="png", dpi=PREVIEW)
        desk.results.put(key, kept)
    return kept


def _title(desk: _state.Desk) -> str:
    return f"Maps of {desk.detector.card.get('title', desk.detector_name)}"


def _record(
    desk: _state.Desk, item: Judged, both: list[_maps.Side], chosen: list[_maps.Column], layout: figures.PaperLayout
) -> dict[str, Any]:
    """What the file's metadata say: how this very figure can be made again."""
    result = desk.attack_result()
    return {
        "software": "Prosopon", "media": desk.media.id if desk.media else None,
        "face": report.face_record(item.face), "crops": {side.name: side.of for side in both},
        "detector": desk.detector.version,
        "verdicts": {side.name: report.verdict_record(side.verdict) for side in both},
        "attack": report.attack_record(result) if result else None, "reducer": REDUCER, "layout": asdict(layout),
        "maps": {
            column.method: {name: report.map_record(pair[1]) | {"seed": pair[0][5]}
                            for name, pair in zip([side.name for side in both], column.found, strict=True) if pair}
            for column in chosen
        },
    }  # fmt: skip


def _caption(
    desk: _state.Desk, both: list[_maps.Side], chosen: list[_maps.Column], layout: figures.PaperLayout
) -> str:  # fmt: skip
    result = desk.attack_result()
    names = " and ".join(_names(desk, both))
    attack = (
        f" Attack: {_widgets.settings_words(ATTACKS[result.attack], result.settings)}, seed {result.seed}."
        if result else ""
    )  # fmt: skip
    kinds = _maps.made_with(chosen)
    scale = "one colour scale a method" if layout.shared else "each map has a colour scale of its own"
    sources = "; ".join(dict.fromkeys(f"{c.title}: {EXPLAINERS[c.method].source}" for c in chosen))
    return (
        f"Maps of {desk.detector.card.get('title', desk.detector_name)} ({desk.detector.version}) for a face, {names}."
        f"{attack} {kinds}. From channels to a map: {REDUCER}; {scale}, ending at the 99.5% quantile of the absolute "
        "values, beyond which the colour stays. Red raises the explained output, blue lowers it. The maps show what "
        f"moved the detector's score, not where the picture was edited. Sources: {sources}."
    )

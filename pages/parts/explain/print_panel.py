"""Show the grid as a paper figure in its true width, with files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from core import pipeline
from core.attacks import ATTACKS
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.output import paper
from core.output.figure_record import Method, Row, figure_record
from core.output.paper import map_figure, page_layout
from core.output.shown_record import ShownRecord
from core.output.text import format_value
from core.reports import print_figure
from core.reports.print_figure import Print
from core.types import AttackResult, InputError, JudgedFace, content_id
from pages.parts.explain import map_columns
from pages.parts.explain.explain_settings import MapSettings, PrintSettings
from pages.parts.session.kept_attacks import attacks_on, latest_attack
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.progress_bar import ProgressPlace
from pages.parts.widgets.tables import json_button
from pages.parts.widgets.verdict_words import face_words

KINDS = {
    "one": f"One column, {map_figure.ONE_COLUMN:g} mm",
    "two": f"Two columns, {map_figure.TWO_COLUMNS:g} mm",
    "own": "Own width",
}
FONTS = {"serif": "Serif (STIX, like Times)", "sans": "Sans serif (DejaVu Sans)"}
HELP = {
    "pdf": "Type embedded as TrueType, images in their own pixels.",
    "svg": "Type drawn as paths, so that it looks the same everywhere; images in their own pixels.",
    "png": "{dpi} dots an inch.",
}
PIXEL = 25.4 / 96  # millimetres of a CSS pixel
SETTINGS, WORDS = 280, 640  # pixels: beside each other, and beside two columns' 170 mm, on a projector of 1024
PREVIEW = 192  # dots per inch: two for each CSS pixel


def draw(scene: map_columns.Scene) -> ProgressPlace | None:
    """Draw settings at the left; figure, files and caption at the right."""
    session, columns, place = scene.session, scene.columns, None
    choice = scene.session.page_state(MapSettings).print
    if not columns:
        st.markdown("No maps yet: compute some, and the figure is made of them here.")
        return None
    beside = st.container(horizontal=True, gap="medium")  # one below the other where the screen is narrow
    with beside.container(width=SETTINGS):
        rows = _faces(session, scene.judged)
        methods = _maps_of([column.method for column in columns], choice)
        sides = [map_columns.Side(row.name, row.crop, content_id(row.crop), row.verdict) for row in rows.values()]
        found = [map_columns.column(session, sides, method) for method in methods]
        whole = [column for column in found if column.whole]
        _size(choice, list(rows.values()), len(whole))
        with st.expander("Type and small print", icon=":material/text_fields:"):
            rows = _named(choice, rows)
            _type(choice, whole, session)
    with beside.container(width=max(WORDS, round(_width(choice) / PIXEL))), guard():
        place = _missing(scene, sides, found)
        if place is None or whole:
            _show(session, _print(session, list(rows.values()), whole))
    return place


def _faces(session: Session, judged: JudgedFace) -> dict[str, Row]:
    """Return the faces to choose from, and offer the choice."""
    known, words = _known(session, judged)
    last = latest_attack(session)
    usual = [judged.face.id, *([last.id] if last else [])]
    choice = session.page_state(MapSettings).print
    kept = [one for one in choice.faces or usual if one in known] or usual
    picked = st.multiselect(
        "Faces in the figure",
        list(known),
        kept,
        format_func=words.__getitem__,
        key=f"paper-faces-{judged.face.id[:16]}",
        help="In the order of the figure: this face, the attacks on it that are kept, and other judged faces.",
    )
    store_settings(choice, faces=None if picked == usual else tuple(picked))
    clean = picked.index(judged.face.id) if judged.face.id in picked else None
    return {one: replace(known[one], clean=clean) if known[one].attack else known[one] for one in picked}


def _known(session: Session, judged: JudgedFace) -> tuple[dict[str, Row], dict[str, str]]:
    """All faces that can be in the figure, and each in words."""
    media, face = session.media, judged.face
    assert media
    assert judged.verdict
    results = attacks_on(session, face.id)
    rows = {face.id: Row("clean", face.crop, judged.verdict, face, media)}
    words = {face.id: "clean"}
    for result in results:
        words[result.id] = f"attacked, {_attack(result, results)}"
        rows[result.id] = Row(words[result.id], pipeline.attacked_crop(result), result.after, face, media, result)
    for number, other in enumerate(session.faces):
        if other.verdict and other.face.id not in rows:
            place = f"frame {other.face.frame}, face {other.face.track + 1}"
            name = place if media.kind == "video" else f"face {number + 1}"
            rows[other.face.id] = Row(name, other.face.crop, other.verdict, other.face, media)
            words[other.face.id] = face_words(media, session.faces, number)
    return rows, words


def _attack(result: AttackResult, results: list[AttackResult]) -> str:
    """Name an attack by the settings in which it differs from others."""
    entry = ATTACKS[result.attack]
    alike = [other for other in results if other.attack == result.attack]
    told = [
        f"{param.name.replace('_', ' ')} {format_value(param, result.settings[param.name])}"
        for param in entry.params
        if len({other.settings[param.name] for other in alike}) > 1
    ]
    told += [f"seed {result.seed}"] if len({other.seed for other in alike}) > 1 else []
    return ", ".join([entry.title, *told])


def _maps_of(usable: list[str], choice: PrintSettings) -> list[str]:
    kept = [name for name in choice.methods if name in usable] if choice.methods is not None else usable
    names = st.multiselect(
        "Maps in the figure",
        usable,
        kept,
        format_func=lambda name: EXPLAINERS[name].title,
        key="paper-methods",
    )
    store_settings(choice, methods=None if names == usable else tuple(names))
    return names


def _size(choice: PrintSettings, rows: list[Row], methods: int) -> None:
    kind = st.selectbox(
        "Width", list(KINDS), list(KINDS).index(choice.kind), format_func=KINDS.__getitem__, key="paper-kind"
    )
    width = choice.width
    if kind == "own":
        low, high = page_layout.WIDTHS
        width = float(st.number_input("Width in mm", low, high, choice.width, 5.0, "%g", key="paper-width"))
    difference = st.toggle(
        "Difference",
        choice.difference,
        key="paper-difference",
        disabled=not print_figure.pairs(rows),
        help="After each attacked face: attacked minus clean.",
    )
    store_settings(choice, difference=difference)
    usual = _upright(choice, rows, methods)
    transposed = st.toggle(
        "Methods in rows",
        usual if choice.transposed is None else choice.transposed,
        key=f"paper-transposed-{usual}",
        help="On: the faces stand side by side. Off: the methods do.",
    )
    shared = st.toggle("One colour scale a method", choice.shared, key="paper-shared")
    strength = st.slider(
        "Overlay",
        0.0,
        1.0,
        choice.strength,
        0.05,
        key="paper-strength",
        help="1 prints the map alone, less lets the grey face show through.",
    )
    choice.transposed = None if transposed == usual else transposed
    store_settings(choice, kind=kind, width=width, shared=shared, strength=strength)


def _upright(choice: PrintSettings, rows: list[Row], methods: int) -> bool:
    """Tell whether the figure is less high with the methods in rows."""
    differences = len(print_figure.pairs(rows)) if choice.difference else 0
    return 1 + methods < len(rows) + differences


def _width(choice: PrintSettings) -> float:
    """In millimetres."""
    return {"one": map_figure.ONE_COLUMN, "two": map_figure.TWO_COLUMNS, "own": choice.width}[choice.kind]


def _named(choice: PrintSettings, rows: dict[str, Row]) -> dict[str, Row]:
    """Give the faces the names that were entered."""
    names, out = dict(choice.names), {}
    for one, row in rows.items():
        key = f"paper-name-{one[:16]}-{row.name}"
        text = st.text_input(f"Name of: {row.name}", names.get(one, row.name), max_chars=40, key=key).strip()
        names[one] = text or row.name
        out[one] = replace(row, name=names[one])
    given = {one: name for one, name in names.items() if one not in rows or name != rows[one].name}
    store_settings(choice, names=given)
    return out


def _type(choice: PrintSettings, found: list[map_columns.Column], session: Session) -> None:
    known = {
        metric.name
        for column in found
        for pair in column.found
        if pair
        for metric in map_columns.metrics_of(session, pair)
    }
    verdicts = st.toggle("Verdict under each face", choice.verdicts, key="paper-verdicts")
    words = {"own": "The first of its own", "none": "None"}
    options = [*words, *sorted(known)]
    metric = st.selectbox(
        "Quality metric under each map",
        options,
        options.index(choice.metric) if choice.metric in options else 0,
        format_func=lambda name: words.get(name, name),
        key="paper-metric",
    )
    font = st.selectbox(
        "Type", list(FONTS), list(FONTS).index(choice.font), format_func=FONTS.__getitem__, key="paper-font"
    )
    points = float(st.number_input("Size of the titles (points)", 5.0, 12.0, choice.points, 0.5, "%g", key="paper-pt"))
    dpi = int(st.number_input("Dots an inch of the PNG", 150, 1200, choice.dpi, 50, key="paper-dpi"))
    store_settings(choice, verdicts=verdicts, metric=metric, font=font, points=points, dpi=dpi)


def _missing(
    scene: map_columns.Scene, sides: list[map_columns.Side], found: list[map_columns.Column]
) -> ProgressPlace | None:
    """Offer to compute the missing maps; return the place of that work, or None."""
    place = ProgressPlace("paper-maps", st.empty())
    todo = map_columns.todo(scene.session, sides, [column.method for column in found if not column.whole])
    count = sum(len(names) for _, names in todo)
    if not count:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Compute what is missing", icon=":material/gradient:", disabled=scene.session.busy, key="paper-compute"
        ):
            map_columns.start(scene.session, todo, kind="paper-maps")
            st.rerun()
        st.caption(
            f"{count} map{'s' if count > 1 else ''} of these faces not computed yet, or with other settings than the "
            "others; the figure is made of the methods that are whole."
        )
    return place


def _print(session: Session, rows: list[Row], found: list[map_columns.Column]) -> Print:
    choice = session.page_state(MapSettings).print
    upright = _upright(choice, rows, len(found))
    if not rows:
        raise InputError("Choose at least one face for the figure.")
    if not found:
        raise InputError("Choose at least one map that is computed for all these faces.")
    layout = paper.PaperLayout(
        width=_width(choice),
        transposed=upright if choice.transposed is None else choice.transposed,
        differences=print_figure.pairs(rows) if choice.difference else (),
        shared=choice.shared,
        strength=choice.strength,
        font=choice.font,
        points=choice.points,
        dpi=choice.dpi,
    )
    methods = [
        Method(
            tuple(column.maps),
            seed=maps[0].key.seed,
            quality=tuple(map_columns.metrics_of(session, stored) for stored in maps),
        )
        for column in found
        for maps in [[stored for stored in column.found if stored]]
    ]
    return Print(session.detector, rows, methods, layout, choice.verdicts, choice.metric)


def _show(session: Session, made: Print) -> None:
    """Show the figure in its true width, its files, and a draft caption."""
    width, record = made.layout.width, figure_record(made.facts())
    st.image(
        _preview(session, made),
        width=round(width / PIXEL),
        alt="The figure as it will be printed: " + ", ".join(EXPLAINERS[method.name].title for method in made.methods),
    )
    st.caption(
        f"In its true width of {width:g} mm, on a screen of 96 pixels an inch at a zoom of 100%. "
        "Open the image in full screen to look closer."
    )
    with st.container(horizontal=True):
        for kind, mime in map_figure.KINDS.items():
            st.download_button(
                f"Figure as {kind.upper()}",
                partial(made.file, kind),
                f"maps-{width:g}mm.{kind}",
                mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"paper-{kind}",
                help=HELP[kind].format(dpi=made.layout.dpi),
                shortcut="s" if kind == "pdf" else None,
            )
        json_button("What is in its metadata", record, "figure.json", key="paper-json")
    files = {f"figure.{kind}": partial(made.file, kind) for kind in map_figure.KINDS}
    settings = {"detector": session.detector.version, "width": width, "dpi": made.layout.dpi}
    weights = weights_shown(session, [row.attack.attack for row in made.rows if row.attack])
    hand_in(session, ShownRecord("print-figure", made.caption(), settings, record, files, weights), about=repr(record))
    st.markdown("**A caption to start from**")
    st.code(made.caption(), language=None, wrap_lines=True)


def _preview(session: Session, made: Print) -> bytes:
    """Render the figure as an image, once for the same figure."""
    faces, maps, layout = made.parts()
    words = repr([(f.name, f.lines) for f in faces] + [(m.title, m.measure, m.lines) for m in maps]) + repr(layout)
    arrays = [face.crop for face in faces] + [array for one in maps for array in one.maps]
    key: ResultKey[bytes] = ResultKey("print figure", content_id(words, *arrays))
    return session.results.get_or_make(key, lambda: made.file("png", dpi=PREVIEW))

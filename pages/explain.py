"""Explain: maps of the clean and the attacked face side by side, with what each map is worth."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import figures, pipeline, report
from core.explain import EXPLAINERS
from core.pipeline import Judged
from core.types import Array, Attribution
from pages import _state, _widgets

ABOUT = "What moved this detector's score here. Not where the picture was edited."
TARGETS = {"margin": "margin: fake minus real", "fake": "output “fake”", "real": "output “real”"}
WIDTH = 196  # pixels of a column of the grid: five or six stand side by side on a wide screen


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One method's maps: of the clean face and, if there is one, of the attacked face."""

    method: str
    clean: Attribution
    attacked: Attribution | None

    @property
    def maps(self) -> list[Array]:
        """The maps there are, the clean one first."""
        return [self.clean.map, *([self.attacked.map] if self.attacked else [])]


def main() -> None:
    desk, item = _widgets.page("Explain", ABOUT, "Choose a file to see maps of a face in it, or begin with a sample:")
    slot = st.empty()
    if item:
        _settings(desk, item)
        columns = _columns(desk, item)
        if columns:
            _shown(desk, item, columns)
    _widgets.wait(slot, desk)


def _crops(desk: _state.Desk, item: Judged) -> list[Array]:
    result = desk.attack_result()
    return [item.face.crop, *([pipeline.attacked_crop(result)] if result else [])]


def _settings(desk: _state.Desk, item: Judged) -> None:
    choice = desk.maps
    with st.form("maps"):
        methods = st.multiselect(
            "Maps", list(EXPLAINERS), list(choice.methods), format_func=lambda name: EXPLAINERS[name].title
        )
        left, middle, last = st.columns([3, 4, 2.4], vertical_alignment="bottom")
        target = left.selectbox(
            "Explained output", list(TARGETS), list(TARGETS).index(choice.target), format_func=TARGETS.__getitem__,
            help="Which of the detector's outputs the maps are of. The verdict follows the margin.",
        )  # fmt: skip
        with middle.expander("Settings of the maps"):
            values, seed = _method_settings(choice)
        run = last.form_submit_button(
            "Compute maps", type="primary", icon=":material/gradient:", disabled=desk.busy, width="stretch"
        )
    if run:
        _state.changed(choice, methods=tuple(methods), target=target, values=values, seed=seed)
        _start(desk, item)
        st.rerun()


def _method_settings(choice: _state.MapChoice) -> tuple[dict[str, dict[str, object]], int]:
    values: dict[str, dict[str, object]] = {}
    with_settings = [entry for entry in EXPLAINERS.values() if entry.params]
    columns = st.columns(len(with_settings) + 1)
    for column, entry in zip(columns, with_settings, strict=False):
        now = entry.settings(choice.values.get(entry.name))
        with column:
            st.markdown(f"**{entry.title}**")
            values[entry.name] = {
                param.name: _widgets.param_input(
                    param, now[param.name], key=f"{entry.name}-{param.name}-{now[param.name]}"
                )
                for param in entry.params
            }
    with columns[-1]:
        st.markdown("**Sampled maps**")
        seed = int(st.number_input("seed", 0, 2**31 - 1, choice.seed, help="The same seed gives the same map."))
    return values, seed


def _key(desk: _state.Desk, crop: Array, method: str) -> _state.Key:
    choice = desk.maps
    settings = EXPLAINERS[method].settings(choice.values.get(method))
    return desk.map_key(crop, method, settings, choice.target, choice.seed)


def _start(desk: _state.Desk, item: Judged) -> None:
    choice, detector = desk.maps, desk.detector
    wanted = [(method, crop) for method in choice.methods for crop in _crops(desk, item)]
    todo = [(m, crop, _key(desk, crop, m)) for m, crop in wanted if desk.results.get(_key(desk, crop, m)) is None]
    values, target, seed = dict(choice.values), choice.target, choice.seed
    if not todo:
        return

    def work(job: _state.Job) -> None:
        for done, (method, crop, key) in enumerate(todo):
            job.tell(done, text=f"Computing {EXPLAINERS[method].title}, maps done")
            if job.halt.is_set():
                return
            desk.results.put(
                key, pipeline.explain_crop(detector, crop, method, values.get(method), target=target, seed=seed)
            )

    desk.start("maps", "Computing maps", work, total=len(todo))


def _columns(desk: _state.Desk, item: Judged) -> list[Column]:
    """The maps that were computed with the settings on the screen."""
    found = []
    crops = _crops(desk, item)
    for method in desk.maps.methods:
        maps = [desk.results.get(_key(desk, crop, method)) for crop in crops]
        if maps[0] is not None:
            found.append(Column(method, maps[0], maps[1] if len(maps) > 1 else None))
    return found


def _shown(desk: _state.Desk, item: Judged, columns: list[Column]) -> None:
    choice, crops = desk.maps, _crops(desk, item)
    left, middle = st.columns([2, 3], vertical_alignment="center", gap="large")
    strength = left.slider(
        "Overlay strength", 0.0, 1.0, choice.strength, 0.05, help="0 shows the face alone, 1 the map alone."
    )
    shared = middle.toggle(
        "One colour scale for clean and attacked", choice.shared,
        help="On: the same colour is the same value in both rows. Off: each map has a scale of its own.",
    )  # fmt: skip
    if _state.changed(choice, strength=strength, shared=shared):
        st.rerun()
    if len(crops) == 1:
        _widgets.go_and_attack()
    elif any(column.attacked is None for column in columns):
        st.info("The attack is newer than these maps: compute them again for its row.", icon=":material/history:")
    with st.container(horizontal=True, gap="small", key="grid"):
        for column in columns:
            with st.container(width=WIDTH, gap="small"):
                _column(choice, crops, column)
    _read(columns)
    _downloads(desk, item, crops, columns)


def _column(choice: _state.MapChoice, crops: list[Array], column: Column) -> None:
    title = EXPLAINERS[column.method].title
    st.markdown(f":small[**{title}**]", help=EXPLAINERS[column.method].source)
    signed = column.clean.signed
    shared = figures.scale_of(column.maps)
    scales = [shared if choice.shared else figures.scale_of([one]) for one in column.maps]
    found = [column.clean, *([column.attacked] if column.attacked else [])]
    for name, crop, one, scale in zip(("clean", "attacked"), crops, found, scales, strict=False):
        drawn = figures.overlay(crop, one.map, signed=signed, strength=choice.strength, scale=scale)
        _widgets.picture(drawn, name, alt=f"{title} of the {name} face over the face")
        if not choice.shared or one is found[-1]:
            _widgets.colour_bar(signed, scale, key=f"bar-{column.method}-{name}")
    if column.attacked:
        difference = column.attacked.map - column.clean.map
        reach = shared if choice.shared else figures.scale_of([difference])
        drawn = figures.colour_map(difference, signed=True, scale=reach)
        _widgets.picture(drawn, "difference: attacked minus clean", alt=f"{title}: attacked minus clean")
        _widgets.colour_bar(True, reach, key=f"bar-{column.method}-difference")
    for name, one in zip(("clean", "attacked"), found, strict=False):
        _honesty(name, one)


def _honesty(name: str, one: Attribution) -> None:
    figures_ = " · ".join(f"{figure.name} {figure.value:.3g}" for figure in one.honesty)
    meaning = " ".join(f"{figure.name}: {figure.meaning} {_better(figure.better)}" for figure in one.honesty)
    st.caption(f"{name}: {one.seconds:.2f} s · {figures_}", help=meaning)


def _better(better: str) -> str:
    return {"lower": "Lower is better.", "higher": "Higher is better.", "near one": "Near one is better."}.get(
        better, ""
    )


def _read(columns: list[Column]) -> None:
    with st.expander("Read values", icon=":material/pin:"):
        left, right = st.columns(2)
        by_name = {column.method: column for column in columns}
        method = left.selectbox("Map to read", list(by_name), format_func=lambda name: EXPLAINERS[name].title)
        column = by_name[method]
        which = right.selectbox("Of the face", ["clean", *(["attacked"] if column.attacked else [])])
        if not st.toggle("Show the map with its values", key="read"):
            st.caption("Point at a pixel to read its value.")
            return
        one = column.attacked if which == "attacked" and column.attacked else column.clean
        scale = figures.scale_of(column.maps)
        figure = _widgets.heat_map(one.map, signed=one.signed, scale=scale)
        st.plotly_chart(figure, key="heat", alt=f"{EXPLAINERS[method].title} of the {which} face, values on hover")


def _downloads(desk: _state.Desk, item: Judged, crops: list[Array], columns: list[Column]) -> None:
    whole = [column for column in columns if len(crops) == 1 or column.attacked]
    titles = [EXPLAINERS[column.method].title for column in whole]
    rows = [
        (name, crop, [column.maps[number] for column in whole])
        for number, (name, crop) in enumerate(zip(("clean", "attacked"), crops, strict=False))
    ]
    scales = [figures.scale_of(column.maps) for column in whole]
    signed = [column.clean.signed for column in whole]
    with st.container(horizontal=True):
        for kind, mime in (("pdf", "application/pdf"), ("svg", "image/svg+xml"), ("png", "image/png")):
            st.download_button(
                f"Figure as {kind.upper()}",
                lambda k=kind: figures.grid_pdf(rows, titles, signed=signed, scales=scales, kind=k),
                f"maps.{kind}", mime, disabled=not whole, on_click="ignore", icon=":material/download:",
            )  # fmt: skip
        st.download_button(
            "Raw maps as NPZ", lambda: _npz(columns), "maps.npz", "application/octet-stream", on_click="ignore",
            icon=":material/download:", help="float32, signed and unnormalised, one array a map.",
        )  # fmt: skip
        table, records = _table(columns)
        _widgets.csv_button("Honesty figures as CSV", table, "honesty.csv", key="honesty-csv")
        record = {"face": report.face_record(item.face), "detector": desk.detector_name, "maps": records}
        _widgets.json_button("Result as JSON", record, "maps.json", key="maps-json")


def _npz(columns: list[Column]) -> bytes:
    buffer = io.BytesIO()
    named = {f"{column.method}.clean": column.clean.map for column in columns}
    named |= {f"{column.method}.attacked": column.attacked.map for column in columns if column.attacked}
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()


def _table(columns: list[Column]) -> tuple[list[dict[str, object]], dict[str, dict[str, object]]]:
    rows: list[dict[str, object]] = []
    records: dict[str, dict[str, object]] = {}
    for column in columns:
        for name, one in (("clean", column.clean), ("attacked", column.attacked)):
            if one is None:
                continue
            records.setdefault(column.method, {})[name] = report.map_record(one)
            rows += [
                {"map": column.method, "face": name, "target": one.target, "seconds": round(one.seconds, 4),
                 "figure": f.name, "value": f.value, "better": f.better, "meaning": f.meaning}
                for f in one.honesty
            ]  # fmt: skip
    return rows, records


with _widgets.guard():
    main()

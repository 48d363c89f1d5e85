"""Pictures of results: colour maps and overlays, Plotly for the screen, Matplotlib for paper; no computing."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from .images import to_uint8
from .types import Array, Box

# Okabe and Ito 2008, safe for colour-blind readers: one meaning each, everywhere.
COLOURS = {"real": "#0072B2", "fake": "#D55E00", "attacked": "#CC79A7", "inconclusive": "#8A8A8A"}
BANDS = {
    "Likely manipulated": "fake", "Likely not manipulated": "real", "Inconclusive": "inconclusive",
    "Called fake, uncalibrated": "inconclusive", "Called real, uncalibrated": "inconclusive",
}  # fmt: skip
Bands = tuple[float, float] | None  # the two thresholds of a calibrated detector
DIVERGING, SEQUENTIAL = "RdBu_r", "inferno"
SYMBOLS = {"real": "circle", "fake": "square", "attacked": "diamond"}


def scale_of(maps: Sequence[Array], *, quantile: float = 0.995) -> float:
    """The end of a shared colour bar: a high quantile of |map| over all maps (the peak would hide the rest)."""
    values = np.concatenate([np.abs(m).ravel() for m in maps])
    return max(float(np.quantile(values, quantile)), 1e-12)


def colour_map(values: Array, *, signed: bool, scale: float | None = None) -> Array:
    """A map (H, W) as colours (H, W, 3) uint8: diverging about zero when signed, else sequential from zero."""
    reach = scale or scale_of([values])
    part = values / reach
    name, where = (DIVERGING, part / 2 + 0.5) if signed else (SEQUENTIAL, part)
    return to_uint8(mpl.colormaps[name](np.clip(where, 0, 1))[..., :3].astype(np.float32))


def overlay(crop: Array, values: Array, *, signed: bool, strength: float, scale: float | None = None) -> Array:
    """The coloured map over the grey crop; `strength` 0 shows the crop alone, 1 the map alone."""
    grey = cv2.cvtColor(to_uint8(crop), cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2).astype(np.float32)
    colours = colour_map(values, signed=signed, scale=scale).astype(np.float32)
    return np.rint((1 - strength) * grey + strength * colours).astype(np.uint8)


def colour_bar(*, signed: bool, scale: float) -> go.Figure:
    """The colour bar with its numbers, as a slim figure."""
    low = -scale if signed else 0.0
    ramp = np.linspace(low, scale, 128)[None]
    figure = go.Figure(
        go.Heatmap(
            z=ramp,
            x=ramp[0],
            colorscale=_plotly_scale(signed),
            showscale=False,
            hovertemplate="%{x:.2e}<extra></extra>",
        )
    )
    ticks = [low, 0.0, scale] if signed else [0.0, scale]
    figure.update_layout(height=46, margin={"l": 22, "r": 22, "t": 0, "b": 20})
    names = [f"{t:.1e}" if t else "0" for t in ticks]
    figure.update_xaxes(tickvals=ticks, ticktext=names, tickfont={"size": 10}, fixedrange=True)
    return figure.update_yaxes(visible=False, fixedrange=True)


def _plotly_scale(signed: bool) -> list[tuple[float, str]]:
    """Colours as rgb(): Streamlit's theme takes the darkest hexadecimal ones for names of its own."""
    colours = mpl.colormaps[DIVERGING if signed else SEQUENTIAL](np.linspace(0, 1, 17), bytes=True)
    return [(i / 16, f"rgb({r},{g},{b})") for i, (r, g, b, _) in enumerate(colours.tolist())]


def boxes_on(frame: Array, boxes: Sequence[Box], labels: Sequence[str], *, chosen: int | None = None) -> Array:
    """The frame (H, W, 3) uint8 with numbered boxes; the chosen one is thicker."""
    out = np.ascontiguousarray(frame).copy()
    unit = max(1, round(max(out.shape[:2]) / 400))
    for i, (box, label) in enumerate(zip(boxes, labels, strict=True)):
        corner = tuple(round(v) for v in box[:2])
        colour = (230, 159, 0) if i == chosen else (255, 255, 255)
        for ink, extra in (((0, 0, 0), 2), (colour, 0)):  # a dark rim keeps the box visible on any picture
            thick = (2 if i == chosen else 1) * unit + extra
            cv2.rectangle(out, corner, tuple(round(v) for v in box[2:]), ink, thick)
            where = (corner[0] + 4 * unit, corner[1] + 14 * unit)
            cv2.putText(out, label, where, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * unit, ink, unit + extra, cv2.LINE_AA)
    return out


def time_line(
    tracks: dict[int, tuple[Sequence[int], Sequence[float], Sequence[str]]],
    *,
    fps: float,
    bands: Bands,
    chosen: tuple[int, int] | None = None,
) -> go.Figure:
    """One line a face track: frames, scores in [0, 1] and words; the bands' colours behind. x is the frame."""
    figure = go.Figure()
    _behind(figure, bands)
    for number, (track, (frames, scores, words)) in enumerate(sorted(tracks.items())):
        seconds = [f"{frame / fps:.2f} s" if fps else "" for frame in frames]
        figure.add_scatter(
            x=list(frames), y=list(scores), mode="lines+markers", name=f"Track {track}",
            line={"dash": ("solid", "dash", "dot", "dashdot")[number % 4], "color": "#777777", "width": 1.5},
            marker={"size": 9, "color": [COLOURS[BANDS[w]] for w in words], "symbol": number % 8},
            customdata=[[track, *row] for row in zip(frames, words, seconds, strict=True)],
            hovertemplate="frame %{x} (%{customdata[3]})<br>score %{y:.3f}<br>%{customdata[2]}"
            "<extra>track %{customdata[0]}</extra>",
        )  # fmt: skip
    if chosen:
        figure.add_vline(x=chosen[1], line={"color": "#E69F00", "width": 2})
    figure.update_layout(
        height=240, margin={"l": 50, "r": 10, "t": 10, "b": 40}, showlegend=len(tracks) > 1, clickmode="event+select",
        dragmode=False,
    )  # fmt: skip
    figure.update_yaxes(range=[-0.03, 1.03], title=_of_fake(bands), fixedrange=True)
    return figure.update_xaxes(title="frame", fixedrange=True)


def _of_fake(bands: Bands) -> str:
    return "probability of “fake”" if bands else "score of “fake”"


def _behind(figure: go.Figure, bands: Bands) -> None:
    """The bands' colours behind scores; where the detector is not calibrated, a line where its label turns."""
    if bands is None:
        figure.add_hline(y=0.5, line={"color": COLOURS["inconclusive"], "width": 1, "dash": "dot"})
    else:
        low, high = bands
        for start, stop, name in ((0, low, "real"), (low, high, "inconclusive"), (high, 1, "fake")):
            figure.add_hrect(y0=start, y1=stop, fillcolor=COLOURS[name], opacity=0.13, line_width=0, layer="below")


def course(p_fake: Sequence[float], *, bands: Bands) -> go.Figure:
    """The score of "fake" at each step of an attack."""
    figure = go.Figure()
    _behind(figure, bands)
    figure.add_scatter(
        x=list(range(1, len(p_fake) + 1)), y=list(p_fake), mode="lines+markers", line={"color": COLOURS["attacked"]},
        hovertemplate="step %{x}<br>score %{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=240, margin={"l": 50, "r": 10, "t": 10, "b": 40}, showlegend=False)
    figure.update_yaxes(range=[-0.03, 1.03], title=_of_fake(bands))
    return figure.update_xaxes(title="step of the attack")


Dot = tuple[str, float, tuple[float, float] | None, str]  # name, value, its interval, words for the hover


def reliability(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """The reliability diagram of rows {"mean_p", "share_fake", "interval", "n"}, with the diagonal of a perfect one."""
    x, y = ([row[key] for row in rows] for key in ("mean_p", "share_fake"))
    ends = [row["interval"] for row in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
        line={"color": COLOURS["inconclusive"], "dash": "dot", "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=y, mode="lines+markers", line={"color": COLOURS["inconclusive"], "width": 1},
        marker={"size": 9, "color": COLOURS["fake"], "symbol": SYMBOLS["fake"]},
        error_y=_error(y, ends), customdata=[[row["n"], *row["interval"]] for row in rows],
        hovertemplate="said: %{x:.1%}<br>forged: %{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})"
        "<br>%{customdata[0]} faces<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=380, margin={"l": 50, "r": 10, "t": 10, "b": 40}, showlegend=False)
    for axes, title in (
        (figure.update_xaxes, "probability of “fake” that was said"),
        (figure.update_yaxes, "share that is forged"),
    ):
        axes(range=[-0.02, 1.02], tickformat=".0%", title=title, fixedrange=True)
    return figure


def _error(values: Sequence[float], intervals: Sequence[Any]) -> dict[str, Any]:
    """Error bars from each value to the ends of its interval; none where there is no interval."""
    ends = [interval or (value, value) for value, interval in zip(values, intervals, strict=True)]
    up = [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)]
    down = [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": "#8A8A8A", "thickness": 1.5}


def over(groups: Mapping[str, Sequence[Dot]], *, title: str, chance: float = 0.5) -> go.Figure:
    """A figure with its intervals under conditions, by kind from left to right; chance as a dotted line."""
    figure = go.Figure()
    for number, (kind, dots) in enumerate(groups.items()):
        values = [value for _, value, _, _ in dots]
        figure.add_scatter(
            x=[[kind] * len(dots), [name for name, *_ in dots]], y=values, mode="lines+markers", name=kind,
            error_y=_error(values, [interval for _, _, interval, _ in dots]), text=[words for *_, words in dots],
            marker={"size": 9, "symbol": number % 8}, line={"color": "#777777", "width": 1.5},
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=chance, line={"color": COLOURS["inconclusive"], "width": 1, "dash": "dot"})
    figure.update_layout(height=330, margin={"l": 50, "r": 10, "t": 10, "b": 60}, showlegend=False)
    figure.update_yaxes(title=title, fixedrange=True)
    return figure.update_xaxes(fixedrange=True)


def dots(series: Mapping[str, tuple[str, Sequence[Dot]]], *, title: str) -> go.Figure:
    """Shares with their intervals, one row a name: words of a series -> (key of `COLOURS`, its dots)."""
    figure = go.Figure()
    for words, (kind, these) in series.items():
        values = [value for _, value, _, _ in these]
        figure.add_scatter(
            x=values, y=[name for name, *_ in these], mode="markers", name=words, orientation="h", offsetgroup=words,
            error_x=_error(values, [interval for _, _, interval, _ in these]), text=[text for *_, text in these],
            marker={"size": 10, "color": COLOURS[kind], "symbol": SYMBOLS[kind]},
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    rows = len({name for _, these in series.values() for name, *_ in these})
    figure.update_layout(
        height=90 + 36 * rows, margin={"l": 10, "r": 10, "t": 10, "b": 40}, scattermode="group", scattergap=0.4,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    return figure.update_xaxes(title=title, tickformat=".0%", rangemode="tozero", fixedrange=True)


def strip(
    names: Sequence[str],
    rows: Sequence[tuple[int, Sequence[tuple[float, str, str] | None]]],
    *,
    apart: Collection[int] = (),
    chosen: int | None = None,
) -> go.Figure:
    """Detectors over the frames of one face: per row a frame and each detector's (p_fake, label, words), or None.

    Colour is the score, the mark the label; frames in `apart` have a line behind them.
    """
    figure = go.Figure()
    for frame in apart:
        figure.add_vline(x=frame, line={"color": "#8A8A8A", "width": 9}, opacity=0.3, layer="below")
    ramp = [[0, COLOURS["real"]], [0.5, "#d9d9d9"], [1, COLOURS["fake"]]]
    for column, name in enumerate(names):
        there = [(frame, said[column]) for frame, said in rows]
        found = [(frame, *said) for frame, said in there if said]
        figure.add_scatter(
            x=[frame for frame, *_ in found], y=[name] * len(found), mode="markers", name=name,
            marker={
                "size": 14, "color": [p for _, p, *_ in found], "cmin": 0, "cmax": 1, "colorscale": ramp,
                "symbol": [SYMBOLS[label] for _, _, label, _ in found], "line": {"width": 1, "color": "#555555"},
                "showscale": column == 0, "colorbar": {"title": {"text": "score"}, "thickness": 12, "len": 0.95},
            },
            customdata=[[frame, words] for frame, _, _, words in found],
            hovertemplate="frame %{x}<br>%{customdata[1]}<extra>%{y}</extra>",
        )  # fmt: skip
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": "#E69F00", "width": 2})
    figure.update_layout(
        height=100 + 36 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 40}, showlegend=False, dragmode=False,
        clickmode="event+select",
    )  # fmt: skip
    figure.update_yaxes(
        autorange=False, range=[len(names) - 0.4, -0.6], fixedrange=True, automargin=True, type="category",
        categoryorder="array", categoryarray=list(names),
    )  # fmt: skip
    return figure.update_xaxes(title="frame", fixedrange=True)


def survival(ways: Sequence[str], lines: Sequence[tuple[str, str, Sequence[float]]], *, bands: Bands) -> go.Figure:
    """The score of "fake" after each way; a line is (name, kind, scores in [0, 1])."""
    figure = go.Figure()
    _behind(figure, bands)
    for name, kind, scores in lines:
        figure.add_scatter(
            x=list(ways), y=list(scores), name=name, mode="markers",
            marker={"color": COLOURS[kind], "symbol": SYMBOLS[kind], "size": 10},
            hovertemplate="%{x}<br>score %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=300, margin={"l": 50, "r": 10, "t": 10, "b": 90}, legend={"orientation": "h", "y": 1.12}
    )
    figure.update_yaxes(range=[-0.03, 1.03], title="score of “fake”")
    return figure.update_xaxes(tickangle=-40)


def plane(
    places: Array,
    kinds: Sequence[str],
    attacks: Sequence[str],
    present: Sequence[tuple[str, str, tuple[float, float]]],
    *,
    marked: Sequence[int] = (),
) -> go.Figure:
    """Reference signatures small and pale by kind, their numbers in `customdata`; the `present` ones (name, kind,
    place) large and named, joined by an arrow from the first to the second; the `marked` neighbours ringed."""
    figure = go.Figure()
    names = np.asarray(kinds)
    for kind in dict.fromkeys(kinds):
        where = np.flatnonzero(names == kind)
        figure.add_scattergl(
            x=places[where, 0], y=places[where, 1], mode="markers", name=f"reference: {kind}",
            marker={"size": 5, "color": COLOURS[kind], "opacity": 0.45, "symbol": SYMBOLS[kind]},
            customdata=[[i, kind, attacks[i]] for i in map(int, where)],
            hovertemplate="%{customdata[1]}, attack: %{customdata[2]}<br>reference %{customdata[0]}<extra></extra>",
        )  # fmt: skip
    if len(marked):
        near = places[list(marked)]
        figure.add_scatter(
            x=near[:, 0], y=near[:, 1], mode="markers", name="nearest in the original space", hoverinfo="skip",
            marker={"size": 13, "symbol": "circle-open", "color": "#777777", "line": {"width": 2}},
        )  # fmt: skip
    for name, kind, (x, y) in present:
        figure.add_scatter(
            x=[x], y=[y], mode="markers+text", text=[name], textposition="top center", name=name, textfont={"size": 14},
            marker={"size": 17, "color": COLOURS[kind], "symbol": "star", "line": {"width": 1.5, "color": "#222222"}},
            hovertemplate=f"{name}<extra></extra>",
        )  # fmt: skip
    if len(present) > 1:
        (x0, y0), (x1, y1) = present[0][2], present[1][2]
        figure.add_annotation(
            x=x1, y=y1, ax=x0, ay=y0, xref="x", yref="y", axref="x", ayref="y", arrowhead=2, arrowwidth=2
        )
    figure.update_layout(
        height=560, margin={"l": 10, "r": 10, "t": 10, "b": 10}, dragmode="lasso",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0},
    )  # fmt: skip
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(showticklabels=False, title=None, zeroline=False)
    return figure


def grid_pdf(
    rows: Sequence[tuple[str, Array, Sequence[Array]]],
    titles: Sequence[str],
    *,
    signed: Sequence[bool],
    scales: Sequence[float],
    kind: str = "pdf",
) -> bytes:
    """Methods in columns, one row a face: (label, crop, maps) as PDF, SVG or PNG, 170 mm wide (two columns)."""
    columns, width = len(titles) + 1, 170 / 25.4
    cell = width / columns
    figure = Figure(figsize=(width, cell * len(rows) + 0.35))
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for (label, crop, maps), axes in zip(rows, grid, strict=True):
        axes[0].imshow(crop)
        axes[0].set_ylabel(label, fontsize=7)
        for axis, values, sign, scale in zip(axes[1:], maps, signed, scales, strict=True):
            axis.imshow(colour_map(values, signed=sign, scale=scale))
    for axis, title in zip(grid[0], ("Face", *titles), strict=True):
        axis.set_title(title, fontsize=6)
    for axis in grid.ravel():
        axis.set_xticks([])
        axis.set_yticks([])
    figure.subplots_adjust(
        left=0.03, right=0.995, top=1 - 0.3 / figure.get_figheight(), bottom=0.01, wspace=0.04, hspace=0.04
    )
    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(buffer, format=kind, dpi=300)
    return buffer.getvalue()


def npy_bytes(values: Array) -> bytes:
    """An array as the bytes of a .npy file: raw values, nothing rounded."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()

"""Figures for paper, through Matplotlib: maps of faces as PDF, SVG or PNG with their settings inside; raw values."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ..images import amplified_difference
from ..types import Array, InputError
from .lettering import missing
from .maps import colour_map, overlay, scale_of
from .sheet import FONTS, Bar, Cell, PaperLayout, drawn

ONE_COLUMN, TWO_COLUMNS = 85.0, 170.0  # millimetres: what one and two columns of a page commonly are
KINDS = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True, slots=True, eq=False)
class PaperFace:
    """A face of the figure: its name, the crop (H, W, 3) uint8, and lines to stand under it ("Inconclusive", "53%")."""

    name: str
    crop: Array
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PaperMaps:
    """One method's maps, one a face (H, W), and lines under each (its honesty figure)."""

    title: str
    signed: bool
    maps: tuple[Array, ...]
    lines: tuple[tuple[str, ...], ...] = ()


def paper_grid(faces: Sequence[PaperFace], columns: Sequence[PaperMaps], layout: PaperLayout) -> Figure:
    """The faces and their maps as a figure of `layout.width` millimetres, as high as it needs.

    Raises `InputError` where that does not fit on a page, or the type has no sign for a name.
    """
    if not faces or not columns:
        raise InputError("a figure needs at least one face and one map")
    rows = [_face_cells(faces, layout), *(_map_cells(faces, one, layout) for one in columns)]
    heads = ["Face", *(one.title for one in columns)]
    unknown = missing("".join([*heads, *(face.name for face in faces)]), face=FONTS[layout.font])
    if unknown:
        raise InputError(f"the type of the figure has no sign for {' '.join(unknown)}: choose other names")
    sides = [face.name for face in faces]
    if layout.difference:
        sides.append("difference")
    if layout.transposed:
        return drawn(rows, sides, heads, layout)
    return drawn([list(row) for row in zip(*rows, strict=True)], heads, sides, layout)


def grid_file(
    faces: Sequence[PaperFace],
    columns: Sequence[PaperMaps],
    layout: PaperLayout,
    *,
    kind: str = "pdf",
    title: str = "Maps",
    record: Mapping[str, Any] | None = None,
    dpi: int | None = None,
) -> bytes:
    """The figure as a PDF, SVG or PNG file, with `record` (settings, versions, seeds, ids) as JSON in its metadata.

    In the PDF the type is embedded (TrueType); in the SVG it is drawn as paths, so that it looks the same everywhere.
    No date is written: the same figure gives the same bytes. `dpi` is for previews, else the layout's.
    """
    if kind not in KINDS:
        raise InputError(f"a figure is written as one of {', '.join(KINDS)}; what came is {kind!r}")
    said = json.dumps(record or {}, sort_keys=True)  # ASCII: some readers of metadata know nothing else
    abouts: dict[str, dict[str, Any]] = {
        "pdf": {"Title": title, "Subject": "Maps of a deepfake detector", "Keywords": said, "CreationDate": None},
        "svg": {"Title": title, "Description": said, "Date": None, "Type": "StillImage"},
        "png": {"Title": title, "Description": said, "Software": "Prosopon"},
    }
    about = abouts[kind] | ({} if kind == "png" else {"Creator": "Prosopon"})
    buffer = io.BytesIO()
    with mpl.rc_context(_rc(layout)):
        paper_grid(faces, columns, layout).savefig(buffer, format=kind, dpi=dpi or layout.dpi, metadata=about)
    return buffer.getvalue()


def _rc(layout: PaperLayout) -> dict[str, Any]:
    return {
        "pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "prosopon",
        "mathtext.fontset": {"serif": "stix", "sans": "dejavusans"}[layout.font],
    }  # fmt: skip


def _face_cells(faces: Sequence[PaperFace], layout: PaperLayout) -> list[Cell]:
    cells = [Cell(face.crop, face.lines if layout.lines else ()) for face in faces]
    if layout.difference:
        before, after = (faces[i].crop for i in layout.difference)
        if before.shape != after.shape:
            raise InputError(f"a difference needs faces of one size; what came is {before.shape} and {after.shape}")
        picture = amplified_difference(before / 255, after / 255, factor=layout.factor)
        cells.append(Cell(picture, (f"{layout.factor} times amplified",)))
    return cells


def _map_cells(faces: Sequence[PaperFace], column: PaperMaps, layout: PaperLayout) -> list[Cell]:
    if len(column.maps) != len(faces):
        raise InputError(f"{column.title} has {len(column.maps)} maps for {len(faces)} faces")
    shared = scale_of(column.maps)
    cells = []
    for number, (face, values) in enumerate(zip(faces, column.maps, strict=True)):
        scale = shared if layout.shared else scale_of([values])
        picture = overlay(face.crop, values, signed=column.signed, strength=layout.strength, scale=scale)
        lines = column.lines[number] if layout.lines and column.lines else ()
        cells.append(Cell(picture, lines, _bar_of(number, len(faces), column.signed, scale, layout)))
    if layout.difference:
        before, after = (column.maps[i] for i in layout.difference)
        scale = shared if layout.shared else scale_of([after - before])
        cells.append(Cell(colour_map(after - before, signed=True, scale=scale), (), Bar(True, scale)))
    return cells


def _bar_of(number: int, faces: int, signed: bool, scale: float, layout: PaperLayout) -> Bar | None:
    """With a scale of its own each map has a bar; with a shared one it is under the last face, or under them all."""
    if not layout.shared:
        return Bar(signed, scale)
    if layout.transposed:
        return Bar(signed, scale, faces) if number == 0 else None
    return Bar(signed, scale) if number == faces - 1 else None


def npy_bytes(values: Array) -> bytes:
    """An array as the bytes of a .npy file: raw values, nothing rounded."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()

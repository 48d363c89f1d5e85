"""Make paper figures of maps as PDF, SVG or PNG."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ...media.images import amplified_difference
from ...types import Array, InputError
from ..screen.colour_maps import colour_map, overlay, scale_of
from .canvas import Bar
from .page_layout import FONTS, Cell, PaperLayout, Title, draw_page
from .typography import check_glyphs

ONE_COLUMN, TWO_COLUMNS = 85.0, 170.0  # millimetres: what one and two columns of a page commonly are
T = TypeVar("T")
KINDS = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True, slots=True, eq=False)
class PaperFace:
    """Hold a face of the figure: name, crop (H, W, 3) uint8, lines under it."""

    name: str
    crop: Array
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PaperMaps:
    """Hold one method's maps, one a face (H, W), with lines under each.

    `measure`: names the metric in those lines.
    """

    title: str
    signed: bool
    maps: tuple[Array, ...]
    lines: tuple[tuple[str, ...], ...] = ()
    measure: str = ""


def paper_grid(
    faces: Sequence[PaperFace],
    columns: Sequence[PaperMaps],
    layout: PaperLayout,
    *,
    measure: str = "",
    subject: str = "Face",
) -> Figure:
    """Draw faces and their maps, `layout.width` millimetres wide.

    Raises `InputError` where that does not fit on a page, or the typeface lacks a character.

    Args:
        faces: at least one.
        columns: at least one, with a map for each face.
        layout: of the figure.
        measure: names what the lines under the faces are.
        subject: what the images are of.
    """
    if not faces or not columns:
        raise InputError("a figure needs at least one face and one map")
    lines = [_face_cells(faces, layout), *(_map_cells(faces, one, layout) for one in columns)]
    ends = [(), *(_ends(one, layout) for one in columns)] if layout.shared else []
    heads = [Title(subject, measure), *(Title(one.title, one.measure) for one in columns)]
    sides = [Title(name) for name in _in_order([face.name for face in faces], layout, lambda *_: "difference")]
    texts = "".join(one.text + one.note for one in (*heads, *sides)) + "".join(t for face in faces for t in face.lines)
    check_glyphs(texts, face=FONTS[layout.font])
    if layout.transposed:
        return draw_page(lines, sides, heads, ends, layout)
    return draw_page([list(row) for row in zip(*lines, strict=True)], heads, sides, ends, layout)


def grid_file(
    faces: Sequence[PaperFace],
    columns: Sequence[PaperMaps],
    layout: PaperLayout,
    *,
    kind: str = "pdf",
    title: str = "Maps",
    measure: str = "",
    subject: str = "Face",
    record: Mapping[str, Any] | None = None,
    dpi: int | None = None,
) -> bytes:
    """Write the figure as a file with its record as metadata.

    In the PDF the text is embedded (TrueType); in the SVG it is drawn as paths, so that it looks the same everywhere.
    Images go into both in their own pixels, and are resampled for the PNG. No date is written: the same figure gives
    the same bytes.

    Args:
        faces: at least one.
        columns: at least one.
        layout: of the figure.
        kind: "pdf", "svg" or "png".
        title: in the metadata.
        measure: names what the lines under the faces are.
        subject: what the images are of.
        record: settings, versions, seeds, ids; JSON in the metadata.
        dpi: for previews, else the layout's.
    """
    if kind not in KINDS:
        raise InputError(f"a figure is written as one of {', '.join(KINDS)}; what came is {kind!r}")
    metadata = json.dumps(record or {}, sort_keys=True)  # ASCII: some readers of metadata know nothing else
    abouts: dict[str, dict[str, Any]] = {
        "pdf": {"Title": title, "Subject": "Maps of a deepfake detector", "Keywords": metadata, "CreationDate": None},
        "svg": {"Title": title, "Description": metadata, "Date": None, "Type": "StillImage"},
        "png": {"Title": title, "Description": metadata, "Software": "Prosopon"},
    }
    about = abouts[kind] | ({} if kind == "png" else {"Creator": "Prosopon"})
    buffer = io.BytesIO()
    with mpl.rc_context(_rc(layout, kind)):
        paper_grid(faces, columns, layout, measure=measure, subject=subject).savefig(
            buffer, format=kind, dpi=dpi or layout.dpi, metadata=about
        )
    return buffer.getvalue()


def _rc(layout: PaperLayout, kind: str) -> dict[str, Any]:
    return {
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "prosopon",
        "text.hinting": "no_hinting",  # so that type is as wide in the PNG as in the others
        "image.interpolation": "auto" if kind == "png" else "none",
        "mathtext.fontset": {"serif": "stix", "sans": "dejavusans"}[layout.font],
    }


def _in_order(faces: Sequence[T], layout: PaperLayout, difference: Callable[[int, int], T]) -> list[T]:
    """List each face's items, and each pair's after its second face."""
    out: list[T] = []
    for number, one in enumerate(faces):
        out += [one, *(difference(first, second) for first, second in layout.differences if second == number)]
    return out


def _face_cells(faces: Sequence[PaperFace], layout: PaperLayout) -> list[Cell]:
    def difference(first: int, second: int) -> Cell:
        before, after = faces[first].crop, faces[second].crop
        if before.shape != after.shape:
            raise InputError(f"a difference needs faces of one size; what came is {before.shape} and {after.shape}")
        image = amplified_difference(before / 255, after / 255, factor=layout.factor)
        return Cell(image, (f"{layout.factor} times amplified",) if layout.lines else ())

    return _in_order([Cell(face.crop, face.lines if layout.lines else ()) for face in faces], layout, difference)


def _map_cells(faces: Sequence[PaperFace], column: PaperMaps, layout: PaperLayout) -> list[Cell]:
    if len(column.maps) != len(faces):
        raise InputError(f"{column.title} has {len(column.maps)} maps for {len(faces)} faces")
    shared = scale_of(column.maps)

    def difference(first: int, second: int) -> Cell:
        values = column.maps[second] - column.maps[first]
        scale = shared if layout.shared else scale_of([values])
        return Cell(colour_map(values, signed=True, scale=scale), (), None if layout.shared else Bar(True, scale))

    cells = []
    for number, (face, values) in enumerate(zip(faces, column.maps, strict=True)):
        scale = shared if layout.shared else scale_of([values])
        image = overlay(face.crop, values, signed=column.signed, strength=layout.strength, scale=scale)
        lines = column.lines[number] if layout.lines and column.lines else ()
        cells.append(Cell(image, lines, None if layout.shared else Bar(column.signed, scale)))
    return _in_order(cells, layout, difference)


def _ends(column: PaperMaps, layout: PaperLayout) -> tuple[Bar, ...]:
    """Return the bars of a method's shared scale.

    Differences of maps without signs get another one.
    """
    scale = scale_of(column.maps)
    return (Bar(column.signed, scale), *([Bar(True, scale)] if layout.differences and not column.signed else []))


def npy_bytes(values: Array) -> bytes:
    """Encode an array as a .npy file: raw values, nothing rounded."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()

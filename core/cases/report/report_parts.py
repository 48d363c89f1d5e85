"""Draw what a report is made of: paragraphs, tables, score plots, pictures with captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, Spacer, Table

from .page_frame import GREY, INK, LINE, SANS, shown

PAPER = HexColor("#f3f4f6")
COLOURS = {"Likely manipulated": HexColor("#D55E00"), "Likely not manipulated": HexColor("#0072B2")}  # Okabe and Ito
OTHER = HexColor("#8A8A8A")
EMBEDDED = ("FONTNAME", (0, 0), (-1, -1), SANS)  # reportlab sets its own, never embedded, for every cell else
MAX_PLOTTED = 24  # faces in a plot
PICTURES = 4  # side by side


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Hold a judged face for the plot. Its name, score and interval in [0, 1], the band in words."""

    name: str
    score: float
    interval: tuple[float, float] | None
    band: str


@dataclass(frozen=True, slots=True, eq=False)
class ReportParts:
    """Make a report's parts for pages of one width.

    styles: paragraph styles by name; width: of the text, in points.
    """

    styles: dict[str, ParagraphStyle]
    width: float

    def words(self, text: str, style: str = "text") -> Paragraph:
        """Set foreign text as it is."""
        return Paragraph(shown(text), self.styles[style])

    def lines(self, text: str) -> list[Flowable]:
        """Set foreign text of several lines."""
        return [self.words(line) for line in text.splitlines() if line.strip()]

    def bullets(self, items: Iterable[str]) -> list[Flowable]:
        """Set a list."""
        style = ParagraphStyle("bullet", parent=self.styles["text"], leftIndent=10, bulletIndent=0, spaceAfter=2)
        return [Paragraph(shown(item), style, bulletText="•") for item in items]

    def facts(self, rows: Sequence[tuple[str, str]], *, mono: Sequence[str] = ()) -> Table:
        """Set names and values in two columns. Those named in `mono` as code that may break anywhere."""
        cells = [
            [self.words(name, "small"), self.words(value, "mono" if name in mono else "small")] for name, value in rows
        ]
        return self._table(cells, [0.24, 0.76], header=False)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
        """Set a table with a head that is repeated on each page. Widths are shares."""
        cells = [[Paragraph(f"<b>{shown(one)}</b>", self.styles["small"]) for one in head]]
        cells += [
            [self.words(one, "mono" if len(one) > 24 and " " not in one else "small") for one in row] for row in rows
        ]
        return self._table(cells, widths, header=True)

    def box(self, text: str) -> Table:
        """Set a paragraph in a grey box."""
        made = Table([[self.words(text)]], colWidths=[self.width])
        made.setStyle([EMBEDDED, ("BACKGROUND", (0, 0), (-1, -1), PAPER), ("LEFTPADDING", (0, 0), (-1, -1), 8)])
        return made

    def scores(self, rows: Sequence[ScoreRow], caption: str) -> Flowable:
        """Plot scores from 0 to 1 with their intervals, one face a line."""
        step, left = 12, 110
        shown_rows = rows[:MAX_PLOTTED]
        height = step * len(shown_rows) + 22
        made = Drawing(self.width, height, initialFontName=SANS)
        span = self.width - left - 90

        def at(value: float) -> float:
            return left + span * min(max(value, 0.0), 1.0)

        for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
            made.add(Line(at(tick), 16, at(tick), height, strokeColor=LINE, strokeWidth=0.4))
            made.add(String(at(tick), 5, f"{tick:g}", fontName=SANS, fontSize=6.5, fillColor=GREY, textAnchor="middle"))
        for number, row in enumerate(shown_rows):
            y, colour = height - step * (number + 0.6), COLOURS.get(row.band, OTHER)
            made.add(String(0, y - 2, row.name, fontName=SANS, fontSize=6.5, fillColor=INK))
            if row.interval:
                made.add(Line(at(row.interval[0]), y, at(row.interval[1]), y, strokeColor=colour, strokeWidth=1.4))
            mark = _mark(at(row.score), y, row.band, colour)
            made.add(mark)
            made.add(String(left + span + 6, y - 2, row.band, fontName=SANS, fontSize=6.5, fillColor=INK))
        return KeepTogether([made, self.words(caption, "caption"), Spacer(1, 4)])

    def pictures(self, items: Sequence[tuple[Path, str]], caption: str) -> list[Flowable]:
        """Set pictures side by side, each with its caption."""
        side, found = self.width / PICTURES - 4, []
        for start in range(0, len(items), PICTURES):
            row = items[start : start + PICTURES]
            images: list[Any] = [Image(str(path), side, side, kind="proportional") for path, _ in row]
            below: list[Any] = [self.words(text, "caption") for _, text in row]
            blank = [""] * (PICTURES - len(row))
            made = Table([images + blank, below + blank], colWidths=[self.width / PICTURES] * PICTURES)
            made.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), EMBEDDED])
            found.append(made)
        return [KeepTogether([*found, self.words(caption, "caption")])] if found else []

    def _table(self, cells: list[list[Paragraph]], widths: Sequence[float], *, header: bool) -> Table:
        made = Table(cells, colWidths=[share * self.width for share in widths], repeatRows=int(header), splitInRow=1)
        style: list[tuple[Any, ...]] = [
            EMBEDDED,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ]
        made.setStyle(style + ([("BACKGROUND", (0, 0), (-1, 0), PAPER)] if header else []))
        made.spaceAfter = 2 * mm
        return made


def _mark(x: float, y: float, band: str, colour: Any) -> Any:
    """Draw a mark of the band's own shape: never by colour alone."""
    if band == "Likely manipulated":
        return Rect(x - 2.6, y - 2.6, 5.2, 5.2, fillColor=colour, strokeColor=None)
    if band == "Likely not manipulated":
        return Circle(x, y, 2.8, fillColor=colour, strokeColor=None)
    return Circle(x, y, 2.6, fillColor=white, strokeColor=colour, strokeWidth=1.2)

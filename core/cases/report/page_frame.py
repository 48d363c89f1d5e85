"""Set a report's pages. Fonts that are embedded, page x of y, the manifest's hash on every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ...types import InputError
from .archive_metadata import add_archive_metadata

SIZES = {"a4": A4, "letter": LETTER}
MARGIN, FOOT = 18 * mm, 20 * mm
INK, GREY, LINE = HexColor("#1c1f23"), HexColor("#595959"), HexColor("#b9bec5")
SANS, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"


def page_size(name: str) -> tuple[float, float]:
    """Return a page's width and height in points, or refuse an unknown name."""
    if name.lower() not in SIZES:
        raise InputError(f"a report's page is A4 or Letter; what came is {name!r}")
    return SIZES[name.lower()]


def register_fonts() -> None:
    """Register DejaVu, which travels with matplotlib and may be embedded."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (SANS, BOLD, MONO):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=BOLD, italic=SANS, boldItalic=BOLD)


def styles() -> dict[str, ParagraphStyle]:
    """Return the paragraph styles by name."""
    text = ParagraphStyle(
        "text", fontName=SANS, fontSize=9, leading=13, textColor=INK, spaceAfter=4, bulletFontName=SANS
    )
    own: dict[str, dict[str, Any]] = {
        "title": {"fontName": BOLD, "fontSize": 17, "leading": 22, "spaceAfter": 4},
        "heading": {"fontName": BOLD, "fontSize": 12, "leading": 16, "spaceBefore": 12, "keepWithNext": True},
        "small heading": {"fontName": BOLD, "fontSize": 9.5, "leading": 13, "spaceBefore": 7, "keepWithNext": True},
        "large": {"fontName": BOLD, "fontSize": 11, "leading": 15},
        "small": {"fontSize": 7.5, "leading": 10.5, "spaceAfter": 2},
        "caption": {"fontSize": 7.5, "leading": 10, "textColor": GREY},
        "mono": {"fontName": MONO, "fontSize": 7, "leading": 9.5, "wordWrap": "CJK", "spaceAfter": 0},
    }
    found = {name: ParagraphStyle(name, parent=text, **values) for name, values in own.items()}
    return {"text": text, **found}


def shown(text: object) -> str:
    """Escape foreign text for a paragraph; what the font cannot draw becomes its code."""
    glyphs = pdfmetrics.getFont(SANS).face.charToGlyph
    return escape("".join(c if c.isprintable() and ord(c) in glyphs else _code(c) for c in str(text)))


def _code(character: str) -> str:
    return "\\n" if character == "\n" else f"[U+{ord(character):04X}]"


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """Draw every page's foot once the number of pages is known."""

    foot: tuple[str, str] = ("", "")  # the case, the manifest's SHA-256: set by `numbered_canvas`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page until all are there."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Draw the feet, and write the file."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._draw_foot(number, len(self._pages))
            super().showPage()
        add_archive_metadata(self._doc)
        super().save()

    def _draw_foot(self, number: int, pages: int) -> None:
        width, _ = self._pagesize
        case, manifest = self.foot
        self.setStrokeColor(LINE)
        self.line(MARGIN, FOOT - 4 * mm, width - MARGIN, FOOT - 4 * mm)
        self.setFillColor(GREY)
        self.setFont(SANS, 7)
        self.drawString(MARGIN, FOOT - 8 * mm, case)
        self.drawRightString(width - MARGIN, FOOT - 8 * mm, f"Page {number} of {pages}")
        self.setFont(MONO, 6.5)
        self.drawString(MARGIN, FOOT - 11.5 * mm, f"Manifest SHA-256 {manifest}")


def numbered_canvas(case: str, manifest: str) -> type[NumberedCanvas]:
    """Make a canvas whose feet name the case and the manifest."""
    return type("ReportCanvas", (NumberedCanvas,), {"foot": (case, manifest)})

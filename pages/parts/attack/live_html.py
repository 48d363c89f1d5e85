"""Draw a running attack as HTML.

It is drawn a few times a second beside the attack: as one element of plain HTML it costs a part of what pictures and
charts of Streamlit do, which stand in the way of the attack where there are few processors.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

from core.media.images import encode_jpeg, within
from core.output.screen import COLOURS
from core.types import Array

FAKE, ATTACKED = "deepfake detector: “manipulated”", "attack detector: “attacked”"
SHOWN = 320  # pixels of the longer side; a tab keeps all that it was shown until the attack ends
QUALITY = 80  # of JPEG, seen for less than a second: half the bytes of 95, and a part of the time that PNG takes
# As a picture: Streamlit takes SVG out of HTML.
LINE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" preserveAspectRatio="none">
<polyline points="{points}" fill="none" stroke="#8a8a8a" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>"""
STYLE = """<style>
.live { display: flex; flex-wrap: wrap; gap: 0.8rem; font-size: 0.8rem; }
.live figure { margin: 0; flex: 1 1 8rem; max-width: 20rem; }
.live img { width: 100%; display: block; }
.live figcaption { text-align: center; padding-top: 0.2rem; }
.live-scores { position: relative; height: 14rem; margin: 0.4rem 0 1.4rem 2rem; font-size: 0.8rem;
  border: solid #8a8a8a88; border-width: 0 0 1px 1px; }
.live-scores img { position: absolute; inset: 0; width: 100%; height: 100%; }
.live-scores span { position: absolute; }
.live-scores i { position: absolute; width: 8px; height: 8px; margin: -4px; transform: rotate(45deg); }
</style>"""


def pictures_html(pictures: Sequence[tuple[Array, str]]) -> str:
    """Set pictures (H, W, 3) uint8 and their captions in a row.

    Two by two where there is no room.
    """
    figures = "".join(_figure(image, escape(caption, quote=True)) for image, caption in pictures)
    return f'<div class="live">{figures}</div>'


def scores_html(rows: Sequence[dict[str, Any]]) -> str:
    """Draw scores in [0, 1] over the steps: rows of `step`, `score`, `of`."""
    last = max((row["step"] for row in rows), default=1)
    line = " ".join(
        f"{_share(row['step'], last):.2f},{100 - 100 * row['score']:.2f}" for row in rows if row["of"] == FAKE
    )
    asked = [row for row in rows if row["of"] == ATTACKED]
    colour = COLOURS["attacked"]
    marks = "".join(
        f'<i style="left:{_share(row["step"], last):.2f}%;top:{100 - 100 * row["score"]:.2f}%;background:{colour}"></i>'
        for row in asked
    )
    words = f"Grey line: {FAKE}" + (f"; violet marks: {ATTACKED}" if asked else "")
    now = next((row["score"] for row in reversed(rows) if row["of"] == FAKE), None)
    alt = escape(words + ("" if now is None else f"; now {now:.3f} at step {last}"), quote=True)
    levels = "".join(
        f'<span style="left:-1.8rem;top:calc({100 - 100 * at}% - 0.6rem)">{at:g}</span>' for at in (0, 0.5, 1)
    )
    svg = LINE.format(points=line)
    picture = f'<img decoding="sync" alt="" src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'
    end = f'<span style="right:0;bottom:-1.4rem">step {last}</span>'
    plot = f'<div class="live-scores" role="img" aria-label="{alt}">{picture}{marks}{levels}{end}</div>'
    return f'<div class="live">{escape(words)}</div>{plot}'


def _figure(image: Array, words: str) -> str:
    data = b64encode(encode_jpeg(within(image, SHOWN), QUALITY)).decode("ascii")
    picture = f'<img decoding="sync" alt="{words}" src="data:image/jpeg;base64,{data}">'
    return f"<figure>{picture}<figcaption>{words}</figcaption></figure>"


def _share(step: int, last: int) -> float:
    """Return where a step stands, in per cent of the way to the last."""
    return 100 * (step - 1) / max(1, last - 1)

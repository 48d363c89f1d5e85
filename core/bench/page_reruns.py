"""Time reruns of the pages over those of bare ones, without a browser."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..media_attack import samples
from ..types import InputError
from .pipeline_processes import ROOT
from .pipeline_rows import PipelineRow, ratio_row

PAGES = tuple(sorted(path.stem for path in (ROOT / "pages").glob("*.py")))
BARE = "import streamlit as st\nfor number in range({count}):\n    st.caption(f'Line {{number}}')\n"
SETTLED = 2  # runs of a page before it is timed: what it computes by itself is then kept
OPENING_S = 120.0


def rerun_rows(pages: Sequence[str] = PAGES, *, pairs: int, reruns: int = 4) -> list[PipelineRow]:
    """Time reruns of each page with a sample open and judged.

    It is what Streamlit's own test runner takes: the script and its messages, without a browser, a network or the list
    of pages. Scripts are compiled once, as by a server. The bare page draws as many elements, all of them captions.
    Each pair is the 75th percentile of a few reruns in a row.

    Args:
        pages: names of their files.
        pairs: of the page and the bare one, in turn.
        reruns: in a row.
    """
    with _compiled_once():
        session = _opened()
        return [_row(name, session, pairs=pairs, reruns=reruns) for name in pages]


def _row(name: str, session: object, *, pairs: int, reruns: int) -> PipelineRow:
    """Time reruns of one page in turn with those of a bare one."""
    page = _page(name, session)
    for _ in range(SETTLED):
        _run(page)
    count = sum(1 for part in (page.main, page.sidebar) for _ in part)
    bare = _app().from_string(BARE.format(count=count))
    _run(bare)
    found = []
    for number in range(pairs):
        first = [partial(_upper, page, reruns), partial(_upper, bare, reruns)]
        times = [work() for work in (first if number % 2 else first[::-1])]
        ours, peer = times if number % 2 else times[::-1]
        found.append((ours, peer))
    what = f"a rerun of the page {name} with a sample open, 75th percentile"
    return ratio_row(what, f"a rerun of {count} captions", found)


@contextlib.contextmanager
def _compiled_once() -> Iterator[None]:
    """Let all runs share the compiled scripts: the test runner compiles a page at each run, a server once."""
    runner: Any = importlib.import_module("streamlit.testing.v1.local_script_runner")
    made, shared = runner.ScriptCache, runner.ScriptCache()
    runner.ScriptCache = lambda: shared
    try:
        yield
    finally:
        runner.ScriptCache = made


def _app() -> Any:
    # By name, as nothing here draws: the pages bring it.
    return importlib.import_module("streamlit.testing.v1").AppTest


def _page(name: str, session: object | None = None) -> Any:
    page = _app().from_file(str(Path(ROOT) / "pages" / f"{name}.py"), default_timeout=OPENING_S)
    if session is not None:
        page.session_state["session"] = session
    return page


def _opened() -> Any:
    """Open a sample on the first page, and return the session once judged."""
    page = _page("inspect")
    _run(page)
    page.button(key=f"sample-{samples.SAMPLES[0].name}").click()
    due = time.monotonic() + OPENING_S
    while time.monotonic() < due:
        _run(page)
        session = page.session_state["session"]
        if session.media is not None and session.faces and not session.busy:
            return session
        time.sleep(0.1)
    raise InputError(f"the page Inspect did not judge a sample within {OPENING_S:g} s")


def _upper(page: Any, reruns: int) -> float:
    """Rerun a page a few times; return the 75th percentile of the seconds."""
    seconds = []
    for _ in range(reruns):
        started = time.perf_counter()
        _run(page)
        seconds.append(time.perf_counter() - started)
    return float(np.quantile(seconds, 0.75))


def _run(page: Any) -> None:
    page.run()
    if page.exception:
        raise InputError(f"a page cannot be drawn: {page.exception[0].message}")

"""Time reruns of the pages over those of bare ones, without a browser."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..media_attack import samples
from ..types import InputError
from .pipeline_processes import ROOT
from .pipeline_rows import PipelineRow, ratio_row

PAGES = tuple(sorted(path.stem for path in (ROOT / "pages").glob("*.py")))
BARE = "import streamlit as st\nst.title('Bare')\n"
CAPTIONS = "import streamlit as st\nfor number in range({count}):\n    st.caption(f'Line {{number}}')\n"
WORKS = (("attack", "Run attack"), ("explain", "Compute maps"))  # pages with the buttons that compute their results
SETTLED = 2  # runs of a page before it is timed: what it computes by itself is then kept
WORKING_S = 600.0  # at most, that a page and its work are waited for: the search for the least epsilon takes longest


def rerun_rows(pages: Sequence[str] = PAGES, *, pairs: int, reruns: int = 4) -> list[PipelineRow]:
    """Time reruns of each page with a sample judged, attacked and explained.

    Two rows a page.

    It is what Streamlit's own test runner takes: the script and its messages, without a browser, a network or the list
    of pages. Scripts are compiled once, as by a server. Peers are a bare title, and as many elements as the page has,
    all of them captions. Each pair is of the 75th percentiles of a few reruns in a row.

    Args:
        pages: names of their files.
        pairs: of the page and its peers, in turn.
        reruns: in a row.
    """
    with _compiled_once():
        session = _opened()
        bare = _app().from_string(BARE)
        return [row for name in pages for row in _rows(name, _page(name, session), bare, pairs, reruns)]


def _rows(name: str, page: Any, bare: Any, pairs: int, reruns: int) -> list[PipelineRow]:
    """Time reruns of one page in turn with those of its peers."""
    for _ in range(SETTLED):
        _run(page)
    count = sum(1 for part in (page.main, page.sidebar) for _ in part)
    peers = {"a bare rerun": bare, f"a rerun of {count} captions": _app().from_string(CAPTIONS.format(count=count))}
    timed = {"": page, **peers}
    for peer in peers.values():
        _run(peer)
    found = []
    for number in range(pairs):
        names = list(timed)[number % len(timed) :] + list(timed)[: number % len(timed)]
        found.append({one: _upper(timed[one], reruns) for one in names})
    what = f"a rerun of the page {name} with everything computed, 75th percentile"
    aims = dict(zip(peers, (None, 1.5), strict=True))
    return [ratio_row(what, over, [(one[""], one[over]) for one in found], aim=aims[over]) for over in peers]


@contextlib.contextmanager
def _compiled_once() -> Iterator[None]:
    """Let all runs share the compiled scripts. The test runner compiles a page at each run, a server once."""
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
    page = _app().from_file(str(Path(ROOT) / "pages" / f"{name}.py"), default_timeout=WORKING_S)
    if session is not None:
        page.session_state["session"] = session
    return page


def _opened() -> Any:
    """Open a sample on the first page, attack and explain it; return the session."""
    page = _page("inspect")
    _run(page)
    page.button(key=f"sample-{samples.SAMPLES[0].name}").click()
    session = _worked(page, lambda session: session.media is not None and session.faces)
    for name, label in WORKS:
        page = _page(name, session)
        _run(page)
        next(one for one in page.button if one.label == label).click()
        _worked(page, partial(_has_other_job, session.job))
    return session


def _has_other_job(before: object, session: Any) -> bool:
    return session.job is not before


def _worked(page: Any, done: Callable[[Any], object]) -> Any:
    """Run a page until its work is done; return its session."""
    due = time.monotonic() + WORKING_S
    while time.monotonic() < due:
        _run(page)
        session = page.session_state["session"]
        if done(session) and not session.busy:
            return session
        time.sleep(0.1)
    raise InputError(f"a page did not do its work on a sample within {WORKING_S:g} s")


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

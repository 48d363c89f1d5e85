"""Models that the process shares, in Streamlit's cache."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import pipeline
from core.attack_detectors import AttackDetector
from core.detectors import Detector, load
from core.detectors.calibration.store import kept_at, shipped_at
from core.signatures import Bank


@st.cache_resource(show_spinner=False, max_entries=32)
def _calibrated_detector(name: str, weights: str, calibrations: tuple[tuple[int, int], ...]) -> Detector:
    return pipeline.load_detector(name)


def detector_now(name: str) -> Detector:
    """The detector as it is now: loaded again when its weights or its calibration have changed."""
    return _calibrated_detector(name, load(name).version, tuple(_changed(path(name)) for path in (kept_at, shipped_at)))


def _changed(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


@st.cache_resource(show_spinner="Loading the attack detector")
def attack_detector() -> AttackDetector:
    return pipeline.load_attack_detector()


@st.cache_resource(show_spinner="Loading the reference signatures")
def references() -> Bank:
    return pipeline.load_bank()

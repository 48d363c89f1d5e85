"""Record what the bands of one risk hold."""

from __future__ import annotations

from ..types.calibration import Bands
from .records import Record
from .value_records import value_record


def bands_record(bands: Bands, data: str) -> Record:
    """Record bands with what was measured in them; `data`: on what, in words."""
    return {"bands": value_record(bands), "data": data}

"""Write records as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_text(record: Mapping[str, Any]) -> str:
    """Write a record for people: indented, in its own letters."""
    return json.dumps(record, indent=2, ensure_ascii=False)

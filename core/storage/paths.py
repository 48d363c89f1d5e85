"""Where models, weights and the cache lie on disk."""

from __future__ import annotations

import os
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"


def user_cache() -> Path:
    """The folder of this program in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prosopon"


def weights_folder() -> Path:
    """Where published and own weights are looked for: `PROSOPON_WEIGHTS`, else a folder of the user's cache."""
    if given := os.environ.get("PROSOPON_WEIGHTS"):
        return Path(given).expanduser()
    return user_cache() / "weights"

"""Locate models, weights and the cache on disk."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parents[2]
MODELS, README = ROOT / "assets" / "models", ROOT / "README.md"
TRUST = ROOT / "assets" / "trust"  # lists of signers, with their terms


def user_cache() -> Path:
    """Return this program's folder in the user's cache."""
    return _user_cache(os.environ.get("XDG_CACHE_HOME"), os.environ.get("HOME"))


@functools.lru_cache(maxsize=8)
def _user_cache(*places: str | None) -> Path:
    """Find the folder once for what the environment says.

    Pages ask for it dozens of times a rerun.
    """
    return Path(platformdirs.user_cache_dir("prosopon", appauthor=False))


def cache_root() -> Path:
    """Return the folder of what can be made again: `PROSOPON_CACHE`, else the user's."""
    return Path(os.environ.get("PROSOPON_CACHE") or user_cache())


def weights_folder() -> Path:
    """Return the folder of published and user weights: `PROSOPON_WEIGHTS`, else in the cache."""
    if given := os.environ.get("PROSOPON_WEIGHTS"):
        return Path(given).expanduser()
    return user_cache() / "weights"


def references_folder() -> Path:
    """Return the folder of a user's own reference sets, beside their weights."""
    return weights_folder() / "references"


def anchors_file() -> Path:
    """Return the PEM file of certificates that a user trusts.

    `PROSOPON_C2PA_ANCHORS`, else a file in the user's configuration.
    """
    if given := os.environ.get("PROSOPON_C2PA_ANCHORS"):
        return Path(given).expanduser()
    return config_folder() / "c2pa_anchors.pem"


def config_folder() -> Path:
    """Return this program's folder of settings and keys: `PROSOPON_CONFIG`, else the user's."""
    if given := os.environ.get("PROSOPON_CONFIG"):
        return Path(given).expanduser()
    return Path(platformdirs.user_config_dir("prosopon", appauthor=False))


def cases_folder() -> Path:
    """Return the folder that new cases go into: `PROSOPON_CASES`, else among the user's documents."""
    if given := os.environ.get("PROSOPON_CASES"):
        return Path(given).expanduser()
    return Path(platformdirs.user_documents_dir()) / "prosopon-cases"

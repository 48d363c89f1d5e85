"""Keep how often a reference set's classifier is wrong, from one process to the next."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections.abc import Callable
from dataclasses import asdict

from ..storage.code_fingerprint import code_fingerprint
from ..storage.files import atomic_write
from ..storage.paths import cache_root
from ..types import InputError
from ..types.classifier_metrics import ClassifierMetrics
from ..types.foreign_json import parse_json
from ..types.read_values import read_value


def kept_errors(references: str | None, settings: str, measure: Callable[[], ClassifierMetrics]) -> ClassifierMetrics:
    """Return the kept errors, or measure and keep them.

    Measuring takes ten times as long as fitting the classifier that answers. Other code and another scikit-learn
    measure anew; numbers come back to the last digit.

    Args:
        references: SHA-256 of the set; None: nothing is kept.
        settings: of the classifier, in words.
        measure: measures them.
    """
    if references is None:
        return measure()
    how = f"{references} {settings} {importlib.metadata.version('scikit-learn')} {code_fingerprint()}"
    path = cache_root() / "signature-errors" / f"{hashlib.sha256(how.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, InputError):  # none yet, or a damaged one: it is measured anew
        return read_value(ClassifierMetrics, parse_json(path.read_text("utf-8")))
    found = measure()
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, json.dumps(asdict(found)))
    return found

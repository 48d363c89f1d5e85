"""Run what Numba would compile as the Python it is written in: compiling it costs seconds in every worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

_COMPILED: dict[object, Any] = {}  # the function in Python -> what Numba makes of it


def shap_modules() -> tuple[ModuleType, ...]:
    """Return the modules of shap that the partition explainer runs."""
    import shap.explainers._partition
    import shap.maskers._tabular
    import shap.utils._masked_model

    return shap.explainers._partition, shap.maskers._tabular, shap.utils._masked_model


@contextmanager
def uncompiled(*modules: ModuleType) -> Iterator[None]:
    """Put the Python function in place of each compiled one of the modules."""
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            for name, value in list(vars(module).items()):
                if hasattr(value, "py_func"):
                    _COMPILED[value.py_func] = value
                    patch.setattr(module, name, value.py_func)
        yield


@contextmanager
def compiled(*modules: ModuleType) -> Iterator[None]:
    """Put the compiled functions back, within `uncompiled`."""
    with pytest.MonkeyPatch.context() as patch:
        found = [(module, name, value) for module in modules for name, value in vars(module).items()]
        for module, name, value in found:
            if callable(value) and value in _COMPILED:
                patch.setattr(module, name, _COMPILED[value])
        yield

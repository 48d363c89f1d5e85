"""Run what Numba would compile as the Python it is written in: compiling it costs seconds in every worker."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

import numba
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


@contextmanager
def short_umap(epochs: int) -> Iterator[None]:
    """Fit UMAP with its own arguments, for a few epochs, as Python.

    What it would compile as it is imported is half a minute's work where none has kept it.
    """
    with warnings.catch_warnings(action="ignore", category=ImportWarning), pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", 1)
        import umap  # it misses Tensorflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(umap, "UMAP", partial(umap.UMAP, n_epochs=epochs))
        yield

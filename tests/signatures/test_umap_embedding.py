"""A plane by UMAP: what is near stays together, and torch keeps its threads."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from uncompiled import short_umap

from core.signatures.umap_embedding import fit_embedding
from core.types import Array


def test_what_is_near_stays_together() -> None:
    values = np.repeat(np.eye(2, 9), 20, 0) * 9 + np.random.default_rng(0).normal(size=(40, 9)) / 9
    with short_umap(20):
        places = fit_embedding(values.astype(np.float32), neighbours=15, min_distance=0.1, seed=0)
    assert places.shape == (40, 2)
    apart = np.linalg.norm(places[:20].mean(0) - places[20:].mean(0))
    assert apart > 2 * max(places[:20].std(), places[20:].std())


def test_torch_keeps_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class ManyThreads(SimpleNamespace):
        def fit_transform(self, values: Array) -> Array:
            torch.set_num_threads(self.n_neighbors)
            return values[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=ManyThreads))
    before = torch.get_num_threads()
    assert fit_embedding(np.eye(4), neighbours=before + 1, min_distance=0.1, seed=0).dtype == np.float32
    assert torch.get_num_threads() == before

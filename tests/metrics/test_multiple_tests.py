"""Correcting p values for many tests."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.multiple_tests import holm


def test_holm_agrees_with_values_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.array([0.2])).tolist() == [0.2]


def test_holm_keeps_wrong_rejections_of_a_family_rare() -> None:
    random = np.random.default_rng(0)
    families = random.random((2000, 64))
    assert np.mean([(holm(p) < 0.05).any() for p in families]) == pytest.approx(0.05, abs=0.015)
    assert np.mean([(p < 0.05).any() for p in families]) > 0.9

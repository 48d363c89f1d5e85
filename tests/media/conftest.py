"""Files are read here as they are by default: in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _apart() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROSOPON_READER", "apart")
        yield

"""A dataset unpacks to what it claims, in few pieces, by filters that are known."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from core.selftest.hostile_checkpoints import CHECKPOINTS
from core.storage.checkpoints import read_checkpoint
from core.types import InputError


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        ("HDF5 with a chunk of 100 MB that claims 1 kB", "unpacks w to more than the 1,000 bytes that it claims"),
        ("HDF5 packed twice", "packs w in a way that is not read"),
        ("HDF5 with a filter from a library", "packs w in a way that is not read"),
        ("HDF5 of a million chunks", "is stored in 1,000,000 pieces"),
        ("HDF5 of groups 1,000 deep", "letters or more with its groups; one of at most 1,000 is read"),
        ("HDF5 with NaN in a key of 60,000 letters", "letters or more with its groups; one of at most 1,000 is read"),
    ],
)
def test_what_costs_more_than_it_claims_is_refused_before_it_is_read(
    bomb: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.h5").write_bytes(CHECKPOINTS[bomb]())
    monkeypatch.setattr("core.storage.checkpoints.np.asarray", None)
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.h5")


@pytest.mark.parametrize(
    "packed",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"compression": "lzf"},
        {"chunks": (7, 5)},
    ],
)
def test_an_honestly_packed_tensor_is_read(packed: dict[str, object], tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", data=values, **packed)
        file.create_dataset("never", (3,), "f4", chunks=(3,), compression="gzip")  # of which no chunk is written
    found = read_checkpoint(tmp_path / "a.h5")
    assert np.array_equal(found["w"].numpy(), values)
    assert found["never"].tolist() == [0, 0, 0]

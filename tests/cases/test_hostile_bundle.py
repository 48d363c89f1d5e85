"""Evidence bundles that cost or lie: each is a sentence or a finding, and never a traceback."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from core.cases.bundle_reader import BundleReader
from core.cases.case_folder import CaseFolder
from core.cases.case_values import read_state
from core.cases.chain import LogEntry
from core.cases.comparison import Replay, compare_file, compare_picture
from core.cases.kept_results import read_record
from core.cases.replay import RECORD, replay
from core.cases.seal import SEAL, read_seal
from core.cases.verification import verify
from core.media.images import encode_png
from core.selftest.bundle_tampers import files_of
from core.selftest.hostile_media import BOMBS
from core.types import InputError, limits

NESTED = b"[" * 100_000
LESS_NESTED = b'{"a":' * 600 + b"1" + b"}" * 600  # Python parses it; what recurses over it would not end well


def refuse(*_: object) -> NoReturn:
    raise AssertionError("it was unpacked")


def test_a_bundle_that_claims_far_more_than_it_is_is_refused_unread(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files_of(bundle).items():
            archive.writestr(name, data)
        archive.writestr("original/zeros", bytes(60_000_000))
    most = limits.FREE_UNPACKED_BYTES + limits.UNPACKED_RATIO * bomb.stat().st_size
    assert most < 60_000_000
    for reading in ("hash", "read", "save"):
        monkeypatch.setattr(BundleReader, reading, refuse)
    for read in (verify, lambda path: replay(path, refuse)):
        with pytest.raises(InputError, match=r"the bundle bomb\.zip unpacks to at least 60\.\d MB; at most"):
            read(bomb)


@pytest.mark.parametrize("text", [NESTED, LESS_NESTED])
def test_nested_json_of_a_case_is_damaged_and_no_more(text: bytes, case: CaseFolder) -> None:
    state = case.state()
    result = state.results[0]
    (case.root / result.folder / RECORD).write_bytes(text)
    assert read_record(case, state, state.exhibits[0]) is None
    (case.root / SEAL).write_bytes(text)
    seal = read_seal(case.root)
    assert seal is not None
    assert not seal.genuine
    last = state.entries[-1]
    row = (last.sequence + 1, last.utc, "Eve", "note", "0" * 64, last.hash)
    told = read_state([*state.entries, LogEntry(*row, text.decode(), "0" * 64, "", "")])
    assert [number for number, _ in told.problems] == [last.sequence + 1]


@pytest.mark.parametrize("bomb", ["PNG of 30,000 x 30,000", "PNG of 1 x 50,000,000", "float TIFF of 7,000 x 7,000"])
def test_a_kept_picture_that_is_a_bomb_is_damaged(bomb: str) -> None:
    now, found = np.zeros((8, 8, 3), np.uint8), Replay()
    compare_picture(BOMBS[bomb](), encode_png(now), "E1/attacked.png", 1e-3, found)
    assert [one.where for one in found.differences] == ["E1/attacked.png"]


def test_a_kept_picture_is_compared_pixel_by_pixel() -> None:
    now, found = np.full((8, 8, 3), 100, np.uint8), Replay()
    compare_picture(encode_png(now + 1), encode_png(now), "near", 1e-3, found)
    assert found.differences == []
    compare_picture(encode_png(now + 9), encode_png(now), "far", 1e-3, found)
    assert [(one.where, one.found) for one in found.differences] == [("far", 9.0)]


def npz(head: bytes) -> bytes:
    """A file of arrays, with this head of its only one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("map.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(64))
    return out.getvalue()


@pytest.mark.parametrize(
    "head",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (8",
        b"{" * 5000,
        b"(" * 5000,
        b"{'descr': '|O', 'fortran_order': False, 'shape': (8,)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-8,)}",
    ],
)
def test_kept_arrays_that_cost_or_lie_are_damaged(head: bytes) -> None:
    now, found = io.BytesIO(), Replay()
    np.savez(now, map=np.zeros(8))
    compare_file(npz(head), now.getvalue(), "E1/maps.npz", 1e-3, found)
    assert [(one.where, one.kept) for one in found.differences] == [("E1/maps.npz", "damaged")]

"""Replays: bit-equal with the same code and machine, within the stated tolerance with others."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import made_cases
import numpy as np
import pytest

from core.cases import case_versions
from core.cases import replay as replaying
from core.cases.case_values import CaseResult, Exhibit
from core.cases.replay import ARRAYS, RECORD, TOLERANCE, Analyse, Replay, replay
from core.selftest.bundle_tampers import files_of, packed
from core.types import InputError


def off_by(change: float, of_map: float = 0.0) -> Analyse:
    """An analysis whose score, and whose map in shares of its largest value, are off by this; pictures differ too."""

    def analyse(_: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        files = made_cases.result_files(exhibit.name)
        record = json.loads(files[RECORD])
        record["faces"][0]["verdict"]["p_fake"] += change
        arrays = io.BytesIO()
        np.savez(arrays, frame000000_track0_saliency=np.arange(16.0).reshape(4, 4) + 15 * of_map)
        files |= {RECORD: json.dumps(record).encode(), ARRAYS: arrays.getvalue()}
        return files | ({"frame000000_track0_saliency.png": b"drawn anew"} if change else {}), result.weights

    return analyse


def places(found: Replay) -> list[str]:
    return [str(one.where).rpartition("/")[2] for one in found.differences]


def test_the_same_code_on_the_same_machine_is_compared_bit_by_bit(bundle: Path) -> None:
    same = replay(bundle, off_by(0.0))
    assert (same.outcome().equal, set(same.tolerance.values())) == (True, {0.0})
    assert places(replay(bundle, off_by(TOLERANCE / 2))) == ["p_fake", "frame000000_track0_saliency.png"] * 2


@pytest.mark.parametrize("other", ["version", "device"])
def test_another_version_or_device_is_compared_within_the_tolerance(
    other: str, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if other == "version":
        monkeypatch.setattr(replaying, "versions", lambda: case_versions.versions() | {"prosopon": "0" * 64})
    else:
        monkeypatch.setattr(replaying, "machine", lambda: case_versions.machine() | {"device": "cuda (another)"})
    near = replay(bundle, off_by(TOLERANCE / 2, TOLERANCE / 2))
    assert near.differences == [], "pictures of what is near are not compared"
    assert set(near.tolerance.values()) == {TOLERANCE}
    far = replay(bundle, off_by(-3 * TOLERANCE, 3 * TOLERANCE))
    assert places(far) == ["p_fake", "maps.npz: frame000000_track0_saliency"] * 2
    assert far.differences[0].tolerance == TOLERANCE


def test_what_older_code_did_not_say_is_no_difference(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(_: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        files = made_cases.result_files(exhibit.name)
        record = json.loads(files[RECORD]) | {"said_since": {"more": 1}}
        return {**files, RECORD: json.dumps(record).encode()}, result.weights

    assert "more" in places(replay(bundle, analyse)), "the same code says the same"
    monkeypatch.setattr(replaying, "versions", lambda: case_versions.versions() | {"prosopon": "0" * 64})
    assert replay(bundle, analyse).differences == []


def test_the_device_is_kept_with_a_result() -> None:
    assert case_versions.machine()["device"].split()[0] in ("cpu", "cuda")


def test_a_newer_bundle_is_not_computed_again(bundle: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    files = files_of(bundle)
    log.write_bytes(files["log.sqlite"])
    with contextlib.closing(sqlite3.connect(log)) as rows:
        rows.execute("PRAGMA user_version = 99")
        rows.commit()
    files["log.sqlite"] = log.read_bytes()
    with pytest.raises(InputError, match="newer version"):
        replay(packed(files, tmp_path / "newer.zip"), off_by(0.0))

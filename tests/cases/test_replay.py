"""Replays: bit-equal with the same code and machine, within the stated tolerance with others."""

from __future__ import annotations

import contextlib
import io
import json
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import made_cases
import numpy as np
import pytest
import torch

from core.cases import case_versions
from core.cases import replay as replaying
from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder
from core.cases.case_values import CaseResult, Exhibit, RunEnvironment
from core.cases.comparison import ARRAYS, Replay, compare_file, compare_json
from core.cases.replay import RECORD, TOLERANCE, Analyse, Repeated, replay
from core.cases.verification import verify
from core.output.shown_record import ShownRecord
from core.selftest.bundle_tampers import files_of, packed
from core.types import Array, InputError


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


def test_a_result_that_names_fewer_packages_gets_the_tolerance(
    tmp_path: Path, case: CaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {name: version for name, version in case_versions.versions().items() if name != "onnxruntime"}
    monkeypatch.setattr(made_cases, "versions", lambda: older)
    made_cases.keep(case, case.state().exhibits[0])
    export_case(case, tmp_path / "older.zip")
    first, second, last = replay(tmp_path / "older.zip", off_by(0.0)).tolerance.values()
    assert (first, second, last) == (0.0, 0.0, TOLERANCE)


def test_twelve_digits_of_a_hash_are_compared_as_such(
    tmp_path: Path, case: CaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_weights(now: dict[str, str]) -> Analyse:
        return lambda _, exhibit, __: (made_cases.result_files(exhibit.name), {**made_cases.WEIGHTS, **now})

    monkeypatch.setattr(made_cases, "WEIGHTS", {"made-detector": "a" * 64, "made calibration": "b" * 12})
    made_cases.keep(case, case.state().exhibits[0])
    export_case(case, tmp_path / "older.zip")
    for now, wrong in (({"made calibration": "b" * 64}, 0), ({"made calibration": "c" * 64}, 1)):
        found = replay(tmp_path / "older.zip", with_weights(now)).differences
        assert [one.where for one in found if "made calibration" in one.where][wrong:] == []
        assert sum("made calibration" in one.where for one in found) == wrong


def test_weights_behind_what_pages_showed_are_compared_with_those_of_today(case: CaseFolder, tmp_path: Path) -> None:
    weights = {"made": "a" * 64, "made calibration": "b" * 64, "a network at a path": "c" * 64}
    shown = ShownRecord("made", "It turns.", {}, {}, weights=weights)
    case.keep_record(shown, RunEnvironment({}, {}, "UTC (+0000)"), case.state().exhibits[0])
    export_case(case, tmp_path / "shown.zip")
    today = {"made": "a" * 64, "made calibration": "b" * 64}

    def again() -> Replay:
        def weights_now(names: Iterable[str]) -> dict[str, str]:
            return {name: today[name] for name in names if name in today}

        return replay(tmp_path / "shown.zip", off_by(0.0), lambda *_: Repeated({}, {}), weights_now=weights_now)

    assert again().differences == []
    today["made calibration"] = "d" * 64
    assert [one.where for one in again().differences] == ["results/E1/made-1.json: weights of made calibration"]
    assert again().not_again == ["results/E1/made-1.json: weights of a network at a path"]


def test_the_device_and_the_processor_are_kept_with_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert case_versions.machine()["device"].split()[0] in ("cpu", "cuda")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Made CPU @ 2 GHz\nmodel name\t: other\n")
    monkeypatch.setattr(case_versions, "PROCESSOR", tmp_path / "cpuinfo")
    assert case_versions.machine()["processor"] == "Made CPU @ 2 GHz"
    monkeypatch.setattr(case_versions, "PROCESSOR", tmp_path / "none")
    assert case_versions.machine()["processor"] == (platform.processor() or platform.machine())
    assert {"onnxruntime", "captum", "shap", "scikit-learn"} <= set(case_versions.versions())


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


def test_a_newer_manifest_is_refused_as_verify_does(bundle: Path, tmp_path: Path) -> None:
    files = files_of(bundle)
    manifest = json.loads(files["manifest.json"]) | {"format": 3}
    files["manifest.json"] = json.dumps(manifest).encode()
    del files["manifest.json.sig"]
    newer = packed(files, tmp_path / "newer.zip")
    words = "newer.zip is of format 3, made by a newer version; this one reads up to 2"
    with pytest.raises(InputError, match=words):
        verify(newer)
    with pytest.raises(InputError, match=words):
        replay(newer, off_by(0.0))


def test_an_exhibit_that_is_refused_today_ends_no_replay(bundle: Path) -> None:
    def analyse(original: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        if result.sequence == first:
            raise InputError("it has more pixels than are read")
        return off_by(0.0)(original, exhibit, result)

    whole = replay(bundle, off_by(0.0))
    first = min(whole.tolerance)
    found = replay(bundle, analyse)
    (difference,) = found.differences
    assert difference.found == "it has more pixels than are read"
    assert set(found.tolerance) == set(whole.tolerance), "the others are compared"


@pytest.mark.parametrize("place", ["settings/faces/0/id", "results/findings/1/sentence", "results/rules/DD3/why"])
def test_what_rounding_changes_without_a_measure_is_compared_bit_by_bit_only(place: str) -> None:
    def record(value: str) -> object:
        inner: object = value
        for name in reversed(place.split("/")):
            inner = {name: inner}
        return inner

    for tolerance, count in ((0.0, 1), (TOLERANCE, 0)):
        found = Replay()
        compare_json(record("0.034"), record("0.035"), "a.json", tolerance, found)
        assert len(found.differences) == count


@pytest.mark.parametrize(
    ("kept", "now", "count"),
    [(np.zeros((0,), bool), np.zeros((0,), bool), 0), (np.zeros(4), np.zeros(4, bool), 1), (np.ones(4), np.ones(4), 0)],
    ids=["empty", "a mask that was none", "equal"],
)
def test_masks_are_compared_with_masks(kept: Array, now: Array, count: int) -> None:
    packed = []
    for values in (kept, now):
        buffer = io.BytesIO()
        np.savez(buffer, mask=values)
        packed.append(buffer.getvalue())
    found = Replay()
    compare_file(packed[0], packed[1], "a.npz", TOLERANCE, found)
    assert len(found.differences) == count


def test_a_table_that_is_not_compared_is_named(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ShownRecord("made", "It turns.", {}, {}, {"made.csv": b"x\r\n1\r\n"})
    case.keep_record(shown, RunEnvironment({}, {}, "UTC (+0000)"), case.state().exhibits[0])
    export_case(case, tmp_path / "shown.zip")

    def again() -> Replay:
        made = Repeated({}, {}, files={"made.csv": b"x\r\n2\r\n"})
        return replay(tmp_path / "shown.zip", off_by(0.0), lambda *_: made)

    assert again().not_again == ["results/E1/made-1-made.csv (its rounded digits)"]
    monkeypatch.setattr(replaying, "tolerance_for", lambda _: 0.0)
    assert [one.where for one in again().differences] == ["results/E1/made-1-made.csv"]


def test_as_many_threads_compute_as_then() -> None:
    before = torch.get_num_threads()
    for asked, now in (
        ("1", 1),
        ("0", before),
        ("many", before),
        ("9999", before),
        ("0001999999", before),
        ("", before),
    ):
        with case_versions.as_many_threads({"threads": asked}):
            assert torch.get_num_threads() == now
        assert torch.get_num_threads() == before

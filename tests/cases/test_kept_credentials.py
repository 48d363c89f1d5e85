"""Content credentials in a replay: compared where the lists of signers are the same, else named with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import made_cases
import pytest

from core.cases import case_versions, kept_credentials
from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder, new_case
from core.cases.case_values import CaseResult, Exhibit
from core.cases.comparison import Replay
from core.cases.kept_credentials import ANOTHER, NO_VOUCHER, OTHER_LISTS, UNCHECKED
from core.cases.replay import RECORD, TOLERANCE, replay
from core.media.trust_lists import TrustLists

C2PA = f"C2PA trust list of 2026-08-05, next update 2027-08-05, 29 certificates, SHA-256 {'a' * 64}"
NEWER = f"C2PA trust list of 2027-08-05, next update 2028-08-05, 31 certificates, SHA-256 {'e' * 64}"
STAMPS = f"C2PA time-stamp list of 2026-08-05, next update 2027-08-05, 22 certificates, SHA-256 {'b' * 64}"
OWN = f"your list of 1 certificate, SHA-256 {'c' * 64}"
OLDER = OWN.replace(", SHA", ", 2026-02-02, SHA")
AGED = C2PA.replace("next update", "out of date since")


def credentials(state: str, *names: str, signer: str = "Signer") -> dict[str, Any]:
    return {"state": state, "meaning": state, "signer": signer, "problems": [], "trust_list": "; ".join(names)}


def replayed(
    kept: dict[str, Any], now: dict[str, Any], here: TrustLists, place: Path, monkeypatch: pytest.MonkeyPatch
) -> Replay:
    """A bundle with a file of these credentials, computed again where others come of it, and other lists are there."""
    monkeypatch.setattr(kept_credentials, "trust_lists", lambda: here)
    plain = made_cases.record
    monkeypatch.setattr(made_cases, "record", lambda name: plain(name) | {"provenance": {"c2pa": kept, "exif": {}}})
    case = new_case(place / "case", "Signed", actor="Ada")
    (place / "one.png").write_bytes(b"one")
    made_cases.keep(case, case.add_file(place / "one.png")[0])
    export_case(case, place / "bundle.zip")

    def analyse(_: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        files = made_cases.result_files(exhibit.name)
        record = json.loads(files[RECORD]) | {"provenance": {"c2pa": now, "exif": {}}}
        record["faces"][0]["verdict"]["p_fake"] += 0.1
        return {**files, RECORD: json.dumps(record).encode()}, result.weights

    return replay(place / "bundle.zip", analyse)


PINNED = TrustLists(signers_name=C2PA, time_stamps_name=STAMPS)
WITH_OWN = TrustLists(signers_name=C2PA, time_stamps_name=STAMPS, own_name=OWN)
RENEWED = TrustLists(signers_name=NEWER, time_stamps_name=STAMPS, own_name=OWN)


@pytest.mark.parametrize(
    ("kept", "now", "here", "reason"),
    [
        (credentials("trusted", OWN), credentials("unknown signer", C2PA, STAMPS), PINNED, NO_VOUCHER),
        (credentials("trusted", C2PA), credentials("trusted", OWN), RENEWED, NO_VOUCHER),
        (credentials("trusted", OWN), credentials("trusted", C2PA), WITH_OWN, ANOTHER),
        (credentials("unknown signer", C2PA, STAMPS), credentials("trusted", OWN), WITH_OWN, OTHER_LISTS),
        (credentials("invalid", C2PA, STAMPS), credentials("invalid", OWN, C2PA, STAMPS), WITH_OWN, OTHER_LISTS),
        (credentials("unknown signer"), credentials("unknown signer", C2PA, STAMPS), PINNED, OTHER_LISTS),
        (credentials("trusted", C2PA), credentials("not checked"), PINNED, UNCHECKED),
        (credentials("not checked"), credentials("trusted", C2PA), PINNED, UNCHECKED),
    ],
)
def test_other_lists_make_no_difference_and_are_named(
    kept: dict[str, Any],
    now: dict[str, Any],
    here: TrustLists,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = replayed(kept, now, here, tmp_path, monkeypatch)
    (left,) = found.not_again
    assert left.endswith(f"analysis.json: provenance/c2pa ({reason})")
    assert [one.where.rpartition("/")[2] for one in found.differences] == ["p_fake"], "all else is compared"
    assert found.outcome().not_computed_again == (left,)


@pytest.mark.parametrize(
    ("kept", "now", "here", "differs"),
    [
        (credentials("trusted", OWN), credentials("trusted", OWN), WITH_OWN, []),
        (credentials("trusted", C2PA), credentials("trusted", C2PA), WITH_OWN, []),  # of others that are here
        (credentials("trusted", OLDER), credentials("trusted", OWN), WITH_OWN, []),
        (credentials("trusted", AGED), credentials("trusted", C2PA), PINNED, []),
        (credentials("none"), credentials("none"), WITH_OWN, []),
        (credentials("trusted", C2PA, signer="Me"), credentials("trusted", C2PA), WITH_OWN, ["signer"]),
        (credentials("trusted", OWN), credentials("trusted", OWN.replace("1 c", "9 c")), WITH_OWN, ["trust_list"]),
        (credentials("none"), credentials("trusted", C2PA), PINNED, ["meaning", "signer", "state", "trust_list"]),
        (
            credentials("unknown signer", C2PA, STAMPS),
            credentials("trusted", C2PA),
            PINNED,
            ["meaning", "state", "trust_list"],
        ),
        (credentials("invalid"), credentials("invalid", signer=""), PINNED, ["signer"]),  # the library names no list
        (credentials("invalid"), credentials("trusted", C2PA), PINNED, ["meaning", "state", "trust_list"]),
    ],
)
def test_the_same_lists_are_compared(
    kept: dict[str, Any],
    now: dict[str, Any],
    here: TrustLists,
    differs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kept["state"] == "none" != now["state"]:
        kept = {**kept, "signer": ""}
    found = replayed(kept, now, here, tmp_path, monkeypatch)
    assert found.not_again == []
    said = [one.where.rpartition("/")[2] for one in found.differences]
    assert sorted(said) == sorted(["p_fake", *differs])


@pytest.mark.parametrize("damaged", [b"", b"[1]", b'{"provenance": 3}', b'{"provenance": {"c2pa": []}}'])
def test_a_damaged_record_is_a_difference(damaged: bytes) -> None:
    now = {"provenance": {"c2pa": credentials("trusted", C2PA)}}
    assert kept_credentials.leave_credentials(json.loads(damaged or b"null"), now) is None


def test_the_library_that_checks_is_among_the_versions(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = metadata.version

    def missing(name: str) -> str:
        if name == "c2pa-python":
            raise metadata.PackageNotFoundError(name)
        return plain(name)

    def analyse(_: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        return made_cases.result_files(exhibit.name), result.weights

    there = case_versions.versions()["c2pa-python"] != "not installed"
    export_case(case, tmp_path / "bundle.zip")
    assert set(replay(tmp_path / "bundle.zip", analyse).tolerance.values()) == {0.0}
    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(case_versions, "_installed", case_versions._installed.__wrapped__)  # what is not kept
    assert case_versions.versions()["c2pa-python"] == "not installed"
    assert set(replay(tmp_path / "bundle.zip", analyse).tolerance.values()) == {TOLERANCE if there else 0.0}

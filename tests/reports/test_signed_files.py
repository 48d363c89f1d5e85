"""What is said of a signed file, wherever its provenance is shown: who vouches, and that a list is out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from media_files import image

from core.cases.report.found_words import provenance_lines
from core.detectors.video_rules import file_verdict
from core.media import trust_lists as lists_module
from core.media.file_provenance import read_provenance
from core.media.open import open_media
from core.output.analysis_record import analysis_record
from core.reports.file_analysis import summary
from core.types.analysed_file import AnalysedFile
from core.types.provenance import ContentCredentials, CredentialState

LISTS = "; ".join(
    f"C2PA {kind} list of 2026-08-05, next update 2027-08-05, 29 certificates, SHA-256 {'a' * 64}"
    for kind in ("trust", "time-stamp")
)
LATE = "out of date since 2027-08-05: C2PA trust list of 2026-08-05"


@pytest.mark.parametrize(
    ("state", "names", "words"),
    [
        ("trusted", LISTS.partition("; ")[0], "vouched for by C2PA trust list of 2026-08-05, 29 certificates"),
        ("unknown signer", LISTS, "(signer as named: Signer"),
    ],
)
def test_a_list_that_is_out_of_date_is_named(
    state: CredentialState, names: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = image("PNG")
    media = open_media(data)
    signed = ContentCredentials(state, "By somebody", "Signer", trust_list=names)
    provenance = replace(read_provenance(data, media), credentials=signed)
    found = AnalysedFile(media, (), file_verdict([], None, still=True), provenance, None)
    shown: list[str] = []
    for day in (date(2027, 8, 4), date(2027, 8, 5)):
        monkeypatch.setattr(lists_module, "_today", lambda day=day: day)
        record = analysis_record(found)
        assert record["provenance"]["c2pa"]["trust_list"] == names, "what is recorded has no age"
        lines = [one for one in summary(found).splitlines() if "signer as named" in one]
        shown += [*lines, provenance_lines(record)[0]]
        assert all(words in one for one in shown)
    assert [LATE in one for one in shown] == [False, False, True, True]


def test_nothing_is_said_of_credentials_where_there_are_none() -> None:
    data = image("PNG")
    media = open_media(data)
    found = AnalysedFile(media, (), file_verdict([], None, still=True), read_provenance(data, media), None)
    assert "credentials" not in summary(found)

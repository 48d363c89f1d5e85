"""Which release the code is of, as its changelog says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.storage import code_fingerprint
from core.storage.code_fingerprint import release


def test_the_release_is_the_newest_of_the_changelog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "# C\n\n## 1.2.0\n\n- x\n\n## 1.1.0\n": "1.2.0",
        "# C\n\n## Unreleased\n\n- x\n\n## 1.1.0\n": "1.1.0 with later changes",
        "# C\n": "not stated",
    }
    for text, words in told.items():
        (tmp_path / "changes").write_text(text)
        monkeypatch.setattr(code_fingerprint, "CHANGES", tmp_path / "changes")
        assert release() == words
    monkeypatch.setattr(code_fingerprint, "CHANGES", tmp_path / "none")
    assert release() == "not stated"
    monkeypatch.undo()
    assert release()[0].isdigit()

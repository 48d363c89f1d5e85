"""What pages showed of an attack on a face is computed again from the bundle, and compared."""

from __future__ import annotations

from pathlib import Path

import page_runs
import pytest
from replayed_cases import check_repeated, held

from pages.parts.session.session import Session


@pytest.mark.slow
def test_verdicts_after_post_processing_are_repeated(desk: Session, file: Path, tmp_path: Path) -> None:
    test = page_runs.page("attack", desk)
    page_runs.run(test)
    page_runs.click(test, "Try the ways that images travel")
    check_repeated(held(desk, "post-processing"), file, tmp_path, at="results/ways/3/attacked/p_fake")

"""The attack command stops at the first interruption and gives up at the second."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from core.cli.attack_file import stopping


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back who handles an interruption: a test must not go by what the suite was started with."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handlers")
def test_the_first_interruption_stops_and_the_second_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with stopping() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert "written and judged" in capsys.readouterr().err


@pytest.mark.usefixtures("handlers")
def test_interruptions_that_are_ignored_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stopping() as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

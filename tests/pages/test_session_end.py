"""A visitor who goes takes his work along."""

from __future__ import annotations

import threading

import pytest
from page_runs import page
from streamlit.runtime import caching

from core.engine.jobs import Job
from pages.parts.session import session as session_module
from pages.parts.session.session import Session

SESSION_ID = "test session id"  # what AppTest calls its only session


@pytest.fixture
def visitor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Session, Job]:
    monkeypatch.setattr(session_module, "GRACE", request.param)
    session = Session()
    assert not page("inspect", session).run().exception
    begun = threading.Event()

    def work(job: Job) -> None:
        begun.set()
        job.halt.wait(30)
        job.check_stop()
        raise AssertionError("nobody stopped it")

    job = session.start("attack", "Attacking", work)
    assert begun.wait(10)
    return session, job


@pytest.mark.parametrize("visitor", [0.0], indirect=True)
def test_a_job_ends_when_its_session_ends(visitor: tuple[Session, Job]) -> None:
    _, job = visitor
    caching.clear_session_resource_cache(SESSION_ID)  # what Streamlit does when a browser goes
    assert job.thread
    job.thread.join(20)
    assert job.finished
    assert job.should_stop()
    assert job.problem is None


@pytest.mark.parametrize("visitor", [3600.0], indirect=True)
def test_a_job_goes_on_where_the_connection_came_back(visitor: tuple[Session, Job]) -> None:
    session, job = visitor
    before = session.connection
    caching.clear_session_resource_cache(SESSION_ID)
    session.job = None  # a page with running work waits for its end
    assert not page("inspect", session).run().exception
    session.job = job
    assert before
    assert session.connection is not before
    before.broken()
    assert not job.should_stop()
    job.stop()

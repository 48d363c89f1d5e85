"""Ask services: estimate a run, check consent, use kept answers, send the rest."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...progress import NO_PROGRESS, Progress
from ...types import InputError
from ...types.arrays import check
from ...types.recogniser_results import ServiceAnswer
from . import aws_rekognition, azure_face, naver_clova
from .call_budget import CallBudget, RunEstimate
from .consent import Consent, ServicePicture
from .service_answers import answer_path, keep_answer, kept_answer
from .service_connection import ServiceConnection, check_endpoint
from .service_registry import SERVICES, endpoint_of

ADAPTERS = (aws_rekognition, azure_face, naver_clova)  # importing them registers what they define
Question = tuple[ServicePicture, ...]
MAX_PRICE = 1_000.0  # US dollars for 1,000 calls
_one_at_a_time = threading.Lock()  # two sessions with the same picture pay once


def estimate(service: str, questions: Sequence[Question], *, price: float | None = None) -> RunEstimate:
    """Say what a run costs before anything is sent; kept answers are free.

    Args:
        service: a name of `SERVICES`.
        questions: one picture each, or two where they are compared.
        price: US dollars for 1,000 calls; None: the list price of the paper's section 5.2.
    """
    facts = SERVICES[service].facts
    endpoint = endpoint_of(service)
    check(price is None or 0 <= price <= MAX_PRICE, f"a price lies between 0 and {MAX_PRICE:g} per 1,000 calls", price)
    paths = {answer_path(service, endpoint, question) for question in questions}
    open_ = sum(kept_answer(path) is None for path in paths)
    calls = open_ * facts.calls
    return RunEstimate(
        len(questions), len(paths) - open_, calls, calls * (facts.price if price is None else price) / 1000
    )


def ask(
    service: str,
    pictures: Question,
    *,
    consent: Consent,
    budget: CallBudget,
    progress: Progress = NO_PROGRESS,
    timeout: float = 20.0,
) -> ServiceAnswer:
    """Ask a service one question, or return the answer kept from before.

    Raises `InputError` before anything is sent: for a service that is switched off or lacks its keys, a picture that
    `consent` leaves out, one too large, a budget that is spent.

    Args:
        service: a name of `SERVICES`.
        pictures: one, or two where they are compared.
        consent: of the person who saw each picture.
        budget: counts the run's calls.
        progress: a stop raises `StopRequested` between requests.
        timeout: in seconds.
    """
    entry = SERVICES[service]
    facts, endpoint = entry.facts, endpoint_of(service)
    check_endpoint(endpoint)
    check(len(pictures) == facts.pictures, f"{entry.title} is asked about {facts.pictures} picture(s)", len(pictures))
    path = answer_path(service, endpoint, pictures)
    with _one_at_a_time:
        if (kept := kept_answer(path)) is not None:
            return kept
        consent.check(facts.provider, pictures)
        for picture in pictures:
            if len(picture.data) > facts.max_bytes:
                raise InputError(
                    f"{entry.title} takes pictures of up to {facts.max_bytes} bytes; this one has {len(picture.data)}"
                )
        answer = entry.function(ServiceConnection(entry.title, endpoint, budget, progress, timeout), pictures)
        keep_answer(path, answer)
    return answer

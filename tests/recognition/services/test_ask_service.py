"""What stands before a call: switch, keys, consent, price, limit, kept answers; and what may go wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from recorded_progress import RecordedProgress, at_once
from service_server import Service, Way

from core.progress import NO_PROGRESS, Progress
from core.recognition.services.ask_service import ask, estimate
from core.recognition.services.call_budget import CallBudget
from core.recognition.services.consent import NO_CONSENT, Consent, ServicePicture
from core.recognition.services.service_connection import check_endpoint
from core.recognition.services.service_registry import missing
from core.types import InputError, StopRequested
from core.types.recogniser_results import ServiceAnswer

ONE, TWO = (ServicePicture.of_crop(np.full((8, 8, 3), value, np.uint8)) for value in (1, 2))
NOBODY: dict[str, list[object]] = {"CelebrityFaces": [], "UnrecognizedFaces": []}
THROTTLED = Way({"__type": "com.amazon#ThrottlingException", "message": "Rate exceeded"}, 400)


def celebrities(
    consent: Consent | None = None,
    budget: CallBudget | None = None,
    progress: Progress = NO_PROGRESS,
    timeout: float = 5,
    picture: ServicePicture = ONE,
) -> ServiceAnswer:
    given = Consent.to_send("aws", (picture,)) if consent is None else consent
    return ask(
        "aws-celebrities",
        (picture,),
        consent=given,
        budget=budget or CallBudget(9),
        progress=progress,
        timeout=timeout,
    )


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        (NO_CONSENT, "consent is for nobody"),
        (Consent.to_send("azure", (ONE,)), "consent is for azure"),
        (Consent.to_send("aws", (TWO,)), f"{ONE.sha256[:12]} was not released"),
    ],
)
def test_nothing_leaves_without_consent(service: Service, consent: Consent, words: str) -> None:
    with pytest.raises(InputError, match=words):
        celebrities(consent)
    assert service.asked == []


def test_both_pictures_of_a_comparison_need_consent(service: Service) -> None:
    with pytest.raises(InputError, match=f"{TWO.sha256[:12]} was not released"):
        ask("aws-compare-faces", (ONE, TWO), consent=Consent.to_send("aws", (ONE,)), budget=CallBudget(1))
    assert service.asked == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PROSOPON_SERVICES", "", "switched off; set PROSOPON_SERVICES=aws"),
        ("PROSOPON_SERVICES", "azure", "switched off"),
        ("AWS_SECRET_ACCESS_KEY", " ", "has no key: set AWS_SECRET_ACCESS_KEY"),
        ("AWS_ENDPOINT_URL_REKOGNITION", "http://rekognition.example", "begins with https://"),
    ],
)
def test_off_by_default_and_without_keys(
    service: Service, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=words):
        celebrities()
    assert service.asked == []


def test_without_any_setting_every_service_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROSOPON_SERVICES", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "set for other reasons")
    assert "switched off" in missing("aws-celebrities")


@pytest.mark.parametrize(
    "address", ["ftp://a", "https://", "http://10.0.0.1", "https://u:p@a", "https://a/?q", "http://[::"]
)
def test_addresses_are_encrypted_or_local(address: str) -> None:
    with pytest.raises(InputError, match="begins with https://"):
        check_endpoint(address)


def test_an_answer_is_paid_once_and_the_estimate_knows(service: Service) -> None:
    service.ways = [Way(NOBODY)]
    questions = [(ONE,), (TWO,), (TWO,)]
    before = estimate("aws-celebrities", questions, price=2.5)
    assert (before.questions, before.kept, before.calls, before.price) == (3, 0, 2, 0.005)
    first, second = celebrities(), celebrities(NO_CONSENT)  # nothing leaves: it needs no consent
    assert (first.kept, second.kept, len(service.asked)) == (False, True, 1)
    after = estimate("aws-celebrities", questions)
    assert (after.kept, after.calls, after.price) == (1, 1, 0.001)
    assert estimate("azure-verify", [(ONE, TWO)]).calls == 3


def test_a_damaged_answer_is_asked_for_anew(service: Service, tmp_path: Path) -> None:
    service.ways = [Way(NOBODY)]
    celebrities()
    (kept,) = (tmp_path / "services").iterdir()
    kept.write_text('{"name": "Ada", "confidence": 7}')
    assert not celebrities().kept
    assert len(service.asked) == 2


def test_the_limit_stops_before_the_call(service: Service) -> None:
    service.ways = [Way(NOBODY)]
    budget = CallBudget(1)
    celebrities(budget=budget)
    with pytest.raises(InputError, match="limit of 1 calls is reached"):
        celebrities(budget=budget, picture=TWO)
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "way", [THROTTLED, Way(status=429), Way(status=503), Way(status=429, headers={"Retry-After": "0"})]
)
def test_throttling_is_waited_for(service: Service, way: Way) -> None:
    service.ways = [way, way, Way(NOBODY)]
    budget = CallBudget(9)
    assert celebrities(budget=budget).faces == 0
    assert (len(service.asked), budget.sent) == (3, 3)


@pytest.mark.parametrize(
    ("way", "tries", "words"),
    [
        (THROTTLED, 4, "answered 400 4 times: ThrottlingException, Rate exceeded"),
        (Way(status=429, headers={"Retry-After": "3600"}), 1, "answered 429"),
        (
            Way({"__type": "InvalidSignatureException", "message": "no\nmatch"}, 403),
            1,
            "403: .*nomatch; check its keys",
        ),
        (Way({"__type": "InvalidParameterException"}, 400), 1, "answered 400: InvalidParameterException"),
        (
            Way({"error": {"code": "401", "message": "Access denied"}}, 401),
            1,
            "401: 401, Access denied; check its keys",
        ),
        (Way(b"<html>", 302, {"Location": "http://127.0.0.1:1/"}), 1, "answered 302"),
        (Way(b"\xff\xfe", 500), 4, "answered 500 4 times"),
    ],
)
def test_refusals(service: Service, way: Way, tries: int, words: str) -> None:
    service.ways = [way]
    with pytest.raises(InputError, match=words) as raised:
        celebrities()
    assert len(service.asked) == tries
    assert "secret" not in str(raised.value)


def test_silence_is_not_asked_again(service: Service) -> None:
    service.ways = [Way(silent=True)]
    with pytest.raises(InputError, match=r"did not answer within 0\.2 seconds; it was not asked again"):
        celebrities(timeout=0.2)
    assert len(service.asked) == 1


def test_nobody_listens(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_REKOGNITION", "http://127.0.0.1:1")
    with pytest.raises(InputError, match="there is no connection"):
        celebrities()


def test_a_stop_sends_nothing_more(service: Service) -> None:
    with pytest.raises(StopRequested):
        celebrities(progress=RecordedProgress(at_once))
    assert service.asked == []


def test_a_picture_that_is_too_large(service: Service) -> None:
    large = ServicePicture.of_crop(np.random.default_rng(0).integers(0, 256, (1400, 1300, 3)).astype(np.uint8))
    with pytest.raises(InputError, match="takes pictures of up to 5242880 bytes"):
        celebrities(picture=large)
    assert service.asked == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ServicePicture(b"GIF89a", ""), "PNG or JPEG"),
        (lambda: ServicePicture(ONE.data, TWO.sha256), "SHA-256 is that of its bytes"),
        (lambda: CallBudget(0), "between 1 and 10000"),
        (lambda: ServiceAnswer("Ada", None, None, 1), "a name comes with its confidence"),
        (lambda: ask("aws-celebrities", (ONE, TWO), consent=NO_CONSENT, budget=CallBudget(1)), r"1 picture\(s\)"),
        (lambda: estimate("aws-celebrities", [(ONE,)], price=-1), "price lies between"),
    ],
)
def test_bad_values(service: Service, make: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


def test_the_tests_reach_nobody(only_loopback: list[object]) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://rekognition.example", timeout=1)
    assert only_loopback.pop() == "rekognition.example"
    assert only_loopback == []

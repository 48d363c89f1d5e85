"""Each adapter against a local server that answers as its documentation says."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from service_server import Service, Way

from core.recognition.services.ask_service import ask
from core.recognition.services.call_budget import CallBudget
from core.recognition.services.consent import Consent, ServicePicture
from core.recognition.services.service_registry import SERVICES
from core.types import InputError
from core.types.recogniser_results import ServiceAnswer

PICTURES = tuple(ServicePicture.of_crop(np.full((8, 8, 3), value, np.uint8)) for value in (10, 200))
BOX = {"Height": 0.5, "Left": 0.2, "Top": 0.1, "Width": 0.4}
MATCHED = {
    "SourceImageFace": {"BoundingBox": BOX, "Confidence": 99.9},
    "FaceMatches": [
        {"Similarity": 87.5, "Face": {"BoundingBox": BOX, "Confidence": 99.2}},
        {"Similarity": 12.0, "Face": {"BoundingBox": BOX, "Confidence": 98.0}},
    ],
    "UnmatchedFaces": [{"BoundingBox": BOX, "Confidence": 97.0}],
}
CELEBRITIES = {
    "CelebrityFaces": [
        {"Name": "Ada Lovelace", "Id": "1a", "MatchConfidence": 91.0, "Urls": [], "Face": {"Confidence": 99.0}},
        {"Name": "Alan Turing", "Id": "2b", "MatchConfidence": 56.0, "Urls": [], "Face": {"Confidence": 99.0}},
    ],
    "UnrecognizedFaces": [{"Confidence": 99.0}],
}
DETECTED = [{"faceId": "0f-1", "faceRectangle": {"top": 1, "left": 1, "width": 5, "height": 5}}]
AZURE_CELEBRITIES = {"requestId": "r", "result": {"celebrities": [{"name": "Ada Lovelace", "confidence": 0.99}]}}
CLOVA = {
    "info": {"size": {"width": 8, "height": 8}, "faceCount": 1},
    "faces": [{"celebrity": {"value": "Ada Lovelace", "confidence": 0.0321}}],
}


def answered(service: Service, name: str, *bodies: Any, limit: int = 9) -> ServiceAnswer:
    service.ways = [Way(body) for body in bodies]
    pictures = PICTURES[: SERVICES[name].facts.pictures]
    consent = Consent.to_send(SERVICES[name].facts.provider, pictures)
    return ask(name, pictures, consent=consent, budget=CallBudget(limit), timeout=2)


def values(answer: ServiceAnswer) -> tuple[str, float | None, float | None, int]:
    return answer.name, answer.confidence, answer.similarity, answer.faces


@pytest.mark.parametrize(
    ("name", "bodies", "wanted"),
    [
        ("aws-compare-faces", [MATCHED], ("", None, 0.875, 3)),
        ("aws-compare-faces", [MATCHED | {"FaceMatches": [], "UnmatchedFaces": []}], ("", None, None, 0)),
        ("aws-celebrities", [CELEBRITIES], ("Ada Lovelace", 0.91, None, 3)),
        ("aws-celebrities", [{"CelebrityFaces": [], "UnrecognizedFaces": []}], ("", None, None, 0)),
        ("azure-verify", [DETECTED, DETECTED, {"isIdentical": True, "confidence": 0.8}], ("", None, 0.8, 1)),
        ("azure-verify", [DETECTED, []], ("", None, None, 0)),
        ("azure-celebrities", [AZURE_CELEBRITIES], ("Ada Lovelace", 0.99, None, 1)),
        ("naver-celebrities", [CLOVA], ("Ada Lovelace", 0.0321, None, 1)),
        ("naver-celebrities", [CLOVA | {"faces": []}], ("", None, None, 0)),
    ],
)
def test_documented_answers(service: Service, name: str, bodies: list[Any], wanted: object) -> None:
    found = answered(service, name, *bodies)
    assert values(found) == wanted
    assert not found.kept
    assert len(service.asked) == len(bodies)


def test_requests_are_in_the_documented_form(service: Service) -> None:
    answered(service, "aws-compare-faces", MATCHED)
    answered(service, "azure-verify", DETECTED, DETECTED, {"isIdentical": False, "confidence": 0.1})
    answered(service, "naver-celebrities", CLOVA)
    aws, detect, _, verify, clova = service.asked
    assert aws.headers["X-Amz-Target"] == "RekognitionService.CompareFaces"
    assert aws.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    asked = json.loads(aws.body)
    assert base64.b64decode(asked["TargetImage"]["Bytes"]) == PICTURES[1].data
    assert asked["SimilarityThreshold"] == 0
    assert detect.path.startswith("/face/v1.0/detect?returnFaceId=true")
    assert detect.body == PICTURES[0].data
    assert detect.headers["Ocp-Apim-Subscription-Key"] == "secret-of-face"
    assert (verify.path, json.loads(verify.body)) == ("/face/v1.0/verify", {"faceId1": "0f-1", "faceId2": "0f-1"})
    assert clova.headers["X-NCP-APIGW-API-KEY-ID"] == "client"
    boundary = clova.headers["Content-Type"].removeprefix("multipart/form-data; boundary=")
    assert clova.body.split(f"--{boundary}".encode())[1].endswith(PICTURES[0].data + b"\r\n")


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("aws-compare-faces", b"<html>", "no JSON"),
        ("aws-compare-faces", [], "no object"),
        ("aws-compare-faces", MATCHED | {"FaceMatches": {}}, "FaceMatches is no list"),
        ("aws-compare-faces", MATCHED | {"FaceMatches": [{"Similarity": 187}]}, "187, not in"),
        ("aws-compare-faces", MATCHED | {"FaceMatches": [{"Similarity": True}]}, "Similarity is no number"),
        (
            "aws-compare-faces",
            b'{"SourceImageFace": {"Confidence": NaN}, "FaceMatches": []}',
            "Confidence is no number",
        ),
        ("aws-celebrities", {"CelebrityFaces": [{"MatchConfidence": 9}], "UnrecognizedFaces": []}, "Name is no name"),
        ("azure-verify", [{"faceRectangle": {}}], "may not be approved"),
        ("azure-celebrities", {"result": []}, "result is no object"),
        ("naver-celebrities", {"faces": [{"celebrity": {"value": "a\nb", "confidence": 1}}]}, "value is no name"),
        ("naver-celebrities", b" " * 2_000_001, "more than 2000000 bytes"),
    ],
)
def test_nonsense_is_refused_and_not_kept(service: Service, name: str, body: Any, words: str) -> None:
    for asked in (1, 2):
        with pytest.raises(InputError, match=f"answered nonsense: .*{words}"):
            answered(service, name, body)
        assert len(service.asked) == asked

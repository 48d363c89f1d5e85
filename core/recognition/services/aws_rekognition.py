"""Ask Amazon Rekognition: CompareFaces and RecognizeCelebrities."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from ...types.recogniser_results import ServiceAnswer
from .answer_fields import field_list, field_object, field_share, field_text
from .consent import ServicePicture
from .service_connection import Headers, ServiceConnection
from .service_registry import SERVICES, ServiceFacts, variable
from .signature_v4 import AwsKeys, signed_headers

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
ENDPOINT = "https://rekognition.{AWS_REGION}.amazonaws.com"
OWN_ENDPOINT = "AWS_ENDPOINT_URL_REKOGNITION"
MAX_BYTES = 5_242_880  # of an image given as bytes
THROTTLES = ("ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException")


@SERVICES.add(
    "aws-compare-faces",
    title="Amazon Rekognition CompareFaces",
    source="Amazon Rekognition API Reference, CompareFaces; Tariq et al. 2022, section 4.2.5",
    facts=ServiceFacts("aws", "compare", KEYS, ENDPOINT, OWN_ENDPOINT, 1, MAX_BYTES),
)
def compare_faces(connection: ServiceConnection, pictures: tuple[ServicePicture, ...]) -> ServiceAnswer:
    """Compare the largest face of the first picture with those of the second."""
    title = connection.title
    images = [{"Bytes": _base64(picture)} for picture in pictures]
    asked = {"SourceImage": images[0], "TargetImage": images[1], "SimilarityThreshold": 0}
    found = _call(connection, "CompareFaces", asked)
    matches = field_list(title, found, "FaceMatches")
    unmatched = field_list(title, found, "UnmatchedFaces") if "UnmatchedFaces" in found else []
    field_share(title, field_object(title, found, "SourceImageFace"), "Confidence", whole=100)
    scores = [field_share(title, match, "Similarity", whole=100) for match in matches]
    faces = len(matches) + len(unmatched)
    return ServiceAnswer("", None, max(scores) if scores else 0.0 if faces else None, faces)


@SERVICES.add(
    "aws-celebrities",
    title="Amazon Rekognition RecognizeCelebrities",
    source="Amazon Rekognition API Reference, RecognizeCelebrities; Tariq et al. 2022, section 4.2.5",
    facts=ServiceFacts("aws", "name", KEYS, ENDPOINT, OWN_ENDPOINT, 1, MAX_BYTES),
)
def recognise_celebrities(connection: ServiceConnection, pictures: tuple[ServicePicture, ...]) -> ServiceAnswer:
    """Ask which celebrity a picture shows."""
    title = connection.title
    found = _call(connection, "RecognizeCelebrities", {"Image": {"Bytes": _base64(pictures[0])}})
    known = field_list(title, found, "CelebrityFaces")
    unknown = field_list(title, found, "UnrecognizedFaces")
    named = [(field_share(title, one, "MatchConfidence", whole=100), field_text(title, one, "Name")) for one in known]
    confidence, name = max(named, default=(None, ""))
    return ServiceAnswer(name, confidence, None, len(known) + len(unknown))


def _call(connection: ServiceConnection, operation: str, asked: dict[str, Any]) -> dict[str, object]:
    body = json.dumps(asked).encode()
    region = variable("AWS_REGION")
    keys = AwsKeys(variable(KEYS[0]), variable(KEYS[1]), variable("AWS_SESSION_TOKEN"), region)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"RekognitionService.{operation}"}

    def sign(url: str) -> Headers:
        return signed_headers("POST", url, headers, body, keys=keys, service="rekognition", now=datetime.now(UTC))

    connection.throttled = _throttled
    return field_object(connection.title, {"the answer": connection.post("/", body, sign)}, "the answer")


def _throttled(found: Any) -> bool:
    """Return whether an error, which Rekognition sends with status 400, asks for patience."""
    kind = found.get("__type") if isinstance(found, dict) else None
    return isinstance(kind, str) and kind.rsplit("#", 1)[-1] in THROTTLES


def _base64(picture: ServicePicture) -> str:
    return base64.b64encode(picture.data).decode()

"""Ask Azure: Face (detect, then verify) and the celebrity model of Computer Vision."""

from __future__ import annotations

import json

from ...types.recogniser_results import ServiceAnswer
from .answer_fields import field_list, field_object, field_share, field_text, nonsense
from .consent import ServicePicture
from .service_connection import Headers, ServiceConnection
from .service_registry import SERVICES, ServiceFacts, variable

MAX_BYTES = 6_291_456  # of an image for Face
MAX_VISION_BYTES = 4_194_304  # of an image for Computer Vision
MODELS = "recognitionModel=recognition_04&detectionModel=detection_03"
DETECT = f"/face/v1.0/detect?returnFaceId=true&{MODELS}&faceIdTimeToLive=60"  # seconds


@SERVICES.add(
    "azure-verify",
    title="Azure Face",
    source="Azure AI Face REST API v1.0, Detect and Verify Face To Face; Tariq et al. 2022, section 4.2.5",
    facts=ServiceFacts(
        "azure",
        "compare",
        ("AZURE_FACE_ENDPOINT", "AZURE_FACE_KEY"),
        "{AZURE_FACE_ENDPOINT}",
        "AZURE_FACE_ENDPOINT",
        3,
        MAX_BYTES,
    ),
)
def verify(connection: ServiceConnection, pictures: tuple[ServicePicture, ...]) -> ServiceAnswer:
    """Find the largest face of each picture, then verify whether both are one person."""
    key = variable("AZURE_FACE_KEY")
    found = []
    for picture in pictures:
        faces = _faces(connection, picture, key)
        if not faces:
            return ServiceAnswer("", None, None, 0)
        found.append(faces)
    body = json.dumps({"faceId1": found[0][0], "faceId2": found[1][0]}).encode()
    said = connection.post("/face/v1.0/verify", body, lambda _: _headers(key, "application/json"))
    if not isinstance(said, dict) or not isinstance(said.get("isIdentical"), bool):
        raise nonsense(connection.title, "isIdentical is neither true nor false")
    return ServiceAnswer("", None, field_share(connection.title, said, "confidence", whole=1), len(found[1]))


def _faces(connection: ServiceConnection, picture: ServicePicture, key: str) -> list[str]:
    """Return the IDs of a picture's faces, the largest first, as Azure sorts them."""
    answer = connection.post(DETECT, picture.data, lambda _: _headers(key, "application/octet-stream"))
    faces = field_list(connection.title, answer, "")
    if any("faceId" not in face for face in faces):
        raise nonsense(connection.title, "no faceId came; this key may not be approved for verification")
    return [field_text(connection.title, face, "faceId") for face in faces]


@SERVICES.add(
    "azure-celebrities",
    title="Azure Computer Vision, celebrities",
    source="Computer Vision REST API v3.2, models/celebrities/analyze (limited access); Tariq et al. 2022, section 5",
    facts=ServiceFacts(
        "azure",
        "name",
        ("AZURE_VISION_ENDPOINT", "AZURE_VISION_KEY"),
        "{AZURE_VISION_ENDPOINT}",
        "AZURE_VISION_ENDPOINT",
        1,
        MAX_VISION_BYTES,
    ),
)
def azure_celebrities(connection: ServiceConnection, pictures: tuple[ServicePicture, ...]) -> ServiceAnswer:
    """Ask which celebrity a picture shows. Azure does not count faces of nobody known."""
    title, key = connection.title, variable("AZURE_VISION_KEY")
    path = "/vision/v3.2/models/celebrities/analyze"
    answer = connection.post(path, pictures[0].data, lambda _: _headers(key, "application/octet-stream"))
    known = field_list(title, field_object(title, answer, "result"), "celebrities")
    named = [(field_share(title, one, "confidence", whole=1), field_text(title, one, "name")) for one in known]
    confidence, name = max(named, default=(None, ""))
    return ServiceAnswer(name, confidence, None, len(known))


def _headers(key: str, kind: str) -> Headers:
    return {"Ocp-Apim-Subscription-Key": key, "Content-Type": kind}

"""Ask Naver Clova Face Recognition which celebrity a face resembles."""

from __future__ import annotations

from ...types.recogniser_results import ServiceAnswer
from .answer_fields import field_list, field_object, field_share, field_text
from .consent import JPEG, ServicePicture
from .service_connection import Headers, ServiceConnection
from .service_registry import SERVICES, ServiceFacts, variable

MAX_BYTES = 2_097_152
KEYS = ("NAVER_CLOVA_CLIENT_ID", "NAVER_CLOVA_CLIENT_SECRET")


@SERVICES.add(
    "naver-celebrities",
    title="Naver Clova, celebrities",
    source="CLOVA Face Recognition API, vision/v1/celebrity; Tariq et al. 2022, section 4.2.5",
    facts=ServiceFacts(
        "naver", "name", KEYS, "https://naveropenapi.apigw.ntruss.com", "NAVER_CLOVA_ENDPOINT", 1, MAX_BYTES
    ),
)
def clova_celebrities(connection: ServiceConnection, pictures: tuple[ServicePicture, ...]) -> ServiceAnswer:
    """Ask whom the first face resembles most; Clova names somebody for nearly every face."""
    title, picture = connection.title, pictures[0]
    # The boundary comes from the picture's hash, whose digits do not stand in the picture by any likely chance.
    boundary = f"prosopon-{picture.sha256}"
    kind = "jpeg" if picture.data.startswith(JPEG) else "png"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="face.{kind}"\r\n'
    body = f"{head}Content-Type: image/{kind}\r\n\r\n".encode() + picture.data + f"\r\n--{boundary}--\r\n".encode()

    def headers(_: str) -> Headers:
        return {
            "X-NCP-APIGW-API-KEY-ID": variable(KEYS[0]),
            "X-NCP-APIGW-API-KEY": variable(KEYS[1]),
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }

    answer = connection.post("/vision/v1/celebrity", body, headers)
    faces = field_list(title, answer, "faces")
    known = [field_object(title, face, "celebrity") for face in faces]
    named = [(field_share(title, one, "confidence", whole=1), field_text(title, one, "value")) for one in known]
    confidence, name = max(named, default=(None, ""))
    return ServiceAnswer(name, confidence, None, len(faces))

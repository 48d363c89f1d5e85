"""Sign requests to AWS (Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, eq=False)
class AwsKeys:
    """Hold what signs requests: an access key, its secret, a session token ("" for none), a region."""

    access_key: str
    secret: str
    token: str
    region: str

    def __repr__(self) -> str:
        return f"AwsKeys(region={self.region!r})"  # a secret never reaches a log


def signed_headers(
    method: str, url: str, headers: Mapping[str, str], body: bytes, *, keys: AwsKeys, service: str, now: datetime
) -> dict[str, str]:
    """Return `headers` with the date and the signature that AWS checks.

    Source: AWS General Reference, "Create a signed AWS API request".

    Args:
        method: of HTTP.
        url: https, with the query if there is one.
        headers: those to be signed, without `Host`.
        body: the request's bytes.
        keys: access key, secret, token, region.
        service: as AWS calls it, e.g. "rekognition".
        now: a time with its zone; AWS refuses one that is more than minutes off.
    """
    parts = urlsplit(url)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "X-Amz-Date": stamp}
    if keys.token:
        sent["X-Amz-Security-Token"] = keys.token
    signed = {name.lower(): " ".join(value.split()) for name, value in sent.items()} | {"host": parts.netloc}
    names = ";".join(sorted(signed))
    query = "&".join(
        f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}"
        for key, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    lines = [method, quote(parts.path or "/", safe="/-_.~"), query]
    lines += [f"{name}:{signed[name]}" for name in sorted(signed)]
    canonical = "\n".join([*lines, "", names, hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{keys.region}/{service}/aws4_request"
    text = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys.secret}".encode()
    for part in (stamp[:8], keys.region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={keys.access_key}/{scope}"
    return sent | {"Authorization": f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"}

"""Signatures against the two examples that AWS publishes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.recognition.services.signature_v4 import AwsKeys, signed_headers

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", "us-east-1")
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded; charset=utf-8"
USERS = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"


@pytest.mark.parametrize(
    ("url", "service", "headers", "signed", "signature"),
    [
        # AWS General Reference, "Examples of the complete Signature Version 4 signing process"
        (
            USERS,
            "iam",
            {"Content-Type": FORM},
            "content-type;host;x-amz-date",
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
        # "get-vanilla" of the Signature Version 4 test suite
        (
            "https://example.amazonaws.com",
            "service",
            {},
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
    ],
)
def test_published_examples(url: str, service: str, headers: dict[str, str], signed: str, signature: str) -> None:
    found = signed_headers("GET", url, headers, b"", keys=KEYS, service=service, now=NOW)
    assert found["X-Amz-Date"] == "20150830T123600Z"
    assert found["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    )


def test_a_token_is_sent_and_signed_and_no_secret_is_printed() -> None:
    keys = AwsKeys("AKIDEXAMPLE", "hidden", "token", "us-east-1")
    found = signed_headers("POST", USERS, {}, b"{}", keys=keys, service="rekognition", now=NOW)
    assert found["X-Amz-Security-Token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in found["Authorization"]
    assert "hidden" not in repr(keys) + str(found)

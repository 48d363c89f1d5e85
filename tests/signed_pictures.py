"""Pictures with content credentials that are signed here, by an authority made for it."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from media_files import image

ACTIONS = {
    "label": "c2pa.actions",
    "data": {
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
            }
        ]
    },
}


def certificate(
    name: str, key: Any, by: str, by_key: Any, usage: ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION
) -> bytes:
    """A certificate as PEM; of an authority where it is its own issuer."""
    today = datetime.datetime.now(datetime.UTC)
    authority, day = name == by, datetime.timedelta(days=1)
    names = [
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, one), x509.NameAttribute(NameOID.COMMON_NAME, one)])
        for one in (name, by)
    ]
    made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    made = made.serial_number(1 + authority).not_valid_before(today - day).not_valid_after(today + 9 * day)
    uses = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    made = made.add_extension(x509.BasicConstraints(authority, None), True).add_extension(uses, True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), False)
    if not authority:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), usage == ExtendedKeyUsageOID.TIME_STAMPING)
    return made.sign(by_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def private_pem(key: Any) -> bytes:
    kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return bytes(key.private_bytes(serialization.Encoding.PEM, kind, none))


def signed_picture(c2pa: Any, time_stamps: str | None = None) -> tuple[bytes, bytes]:
    """A signed JPEG, and the PEM of the authority behind its signature.

    `time_stamps`: where an authority of time stamps answers.
    """
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    pems = [
        certificate(name, key, "Authority", keys[1]) for name, key in zip(("Signer", "Authority"), keys, strict=True)
    ]
    info = c2pa.C2paSignerInfo(
        alg=c2pa.C2paSigningAlg.ES256, sign_cert=b"".join(pems), private_key=private_pem(keys[0]), ta_url=time_stamps
    )
    builder = c2pa.Builder(json.dumps({"claim_generator_info": [{"name": "tests"}], "assertions": [ACTIONS]}))
    out = io.BytesIO()
    builder.sign(c2pa.Signer.from_info(info), "image/jpeg", io.BytesIO(image("JPEG")), out)
    return out.getvalue(), pems[1]

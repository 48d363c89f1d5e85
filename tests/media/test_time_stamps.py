"""What the library makes of authorities of time stamps: `content_credentials` lets lists share none of them."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from signed_pictures import certificate, private_pem, signed_picture

from core.media.content_credentials import _settings
from core.media.trust_lists import TrustLists

c2pa: Any = pytest.importorskip("c2pa")
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl signs the time stamps")
SETTINGS = """[tsa]
default_tsa = one
[one]
serial = {0}/serial
signer_cert = {0}/signer.pem
certs = {0}/authority.pem
signer_key = {0}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256,sha384,sha512
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str, str]:
    """A signed JPEG with a time stamp, and the PEM of both authorities: of its signer, of its time stamp."""
    folder: Path = tmp_path_factory.mktemp("stamps")
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    authority = certificate("Clocks", keys[1], "Clocks", keys[1])
    (folder / "authority.pem").write_bytes(authority)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    (folder / "signer.pem").write_bytes(certificate("Clock", keys[0], "Clocks", keys[1], stamping))
    (folder / "key.pem").write_bytes(private_pem(keys[0]))
    (folder / "serial").write_text("01\n")
    (folder / "settings").write_text(SETTINGS.format(folder))

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            words = ["-config", "settings", "-queryfile", "query", "-out", "reply"]
            subprocess.run(["openssl", "ts", "-reply", *words], cwd=folder, check=True, capture_output=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            data, signers = signed_picture(c2pa, f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
    return data, signers.decode(), authority.decode()


def said(data: bytes, lists: TrustLists) -> set[str]:
    """What the library says of signer and time stamp, without the names of lists."""
    with c2pa.Context(c2pa.Settings.from_dict(_settings(lists))) as context:
        found = json.loads(c2pa.Reader.try_create("image/jpeg", io.BytesIO(data), context=context).json())
    codes = found["validation_results"]["activeManifest"]
    return {found["validation_state"], *(f"{kind} {one['code']}" for kind in codes for one in codes[kind])}


def test_a_time_stamp_is_trusted_by_whatever_list_its_authority_is_in(stamped: tuple[bytes, str, str]) -> None:
    data, signers, clocks = stamped
    apart = said(data, TrustLists(signers, clocks))
    assert {"Trusted", "success timeStamp.trusted", "success signingCredential.trusted"} <= apart
    both = f"{signers}\n{clocks}"
    assert said(data, TrustLists(both)) == said(data, TrustLists(both, clocks)) == apart
    assert said(data, TrustLists("", both)) == apart, "and so are signers: this is why some are asked about again"
    assert "informational timeStamp.untrusted" in said(data, TrustLists(signers))

"""Sign with this program's Ed25519 key, which is made at its first use."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..storage.files import atomic_write
from ..storage.leftovers import temporary_name
from ..storage.paths import config_folder
from ..types import InputError

KEY_FILE, PUBLIC_FILE = "signing.key", "signing.pub"
ASK = "put it back, or remove both files to begin with a new key"


@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """Hold a private key, and the public key (hexadecimal) that names it."""

    private: Ed25519PrivateKey = field(repr=False)
    key: str

    def sign(self, data: bytes) -> str:
        """Sign bytes; Ed25519 gives the same 128 hexadecimal digits each time (RFC 8032)."""
        return self.private.sign(data).hex()


def own_signer() -> Signer:
    """Return this program's signer. Its key is made at the first use, with mode 600.

    Raises `InputError` where the key is missing although there was one, damaged, or readable by others.
    """
    folder = config_folder()
    secret, public = folder / KEY_FILE, folder / PUBLIC_FILE
    try:
        if not secret.exists():
            if public.exists():
                raise InputError(f"the signing key {secret} is missing, though {public.name} is there; {ASK}")
            _make_key(secret)
        made = _read_key(secret)
        if not public.exists():
            atomic_write(public, made.key + "\n")
    except OSError as error:
        raise InputError(f"the signing key {secret} cannot be used: {error.strerror or error}") from error
    if public.read_text("utf-8").strip() != made.key:
        raise InputError(f"the signing key {secret} is not the one that {public.name} names; {ASK}")
    return made


def own_key() -> str | None:
    """Return this program's public key, or None where there is none yet."""
    try:
        return (config_folder() / PUBLIC_FILE).read_text("utf-8").strip() or None
    except OSError:
        return None


def is_signed(data: bytes, signature: str, key: str) -> bool:
    """Tell whether a signature of these bytes is by this public key. False for nonsense."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), data)
    except (ValueError, InvalidSignature, TypeError):
        return False
    return True


def _make_key(to: Path) -> None:
    """Write a new key that only its owner can read, never replacing one.

    It is written beside and linked to its place: whoever looks sees a whole key or none.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(temporary_name(".partial"))
    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was quicker: its key is the one
            os.link(partial, to)
    finally:
        partial.unlink(missing_ok=True)


def _read_key(path: Path) -> Signer:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise InputError(f"the signing key {path} has mode {mode:o}, so others can read it; set it with: chmod 600")
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except ValueError:
        raise InputError(f"the signing key {path} is damaged: 64 hexadecimal digits are wanted; {ASK}") from None
    return Signer(private, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())

"""Hold the pictures that may leave, and the consent that lets them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...media.images import encode_png
from ...types import Array, InputError
from ...types.arrays import check, check_image

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True, eq=False)
class ServicePicture:
    """Hold a picture as it would be sent. No metadata of its file are in it.

    data: PNG or JPEG.
    sha256: of `data`, in hexadecimal.
    """

    data: bytes
    sha256: str

    def __post_init__(self) -> None:
        known = self.data.startswith((PNG, JPEG))
        check(known, "a picture for a service is PNG or JPEG", f"{self.data[:8]!r}")
        fits = self.sha256 == hashlib.sha256(self.data).hexdigest()
        check(fits, "a picture's SHA-256 is that of its bytes", f"{self.sha256!r}")

    @classmethod
    def of_crop(cls, crop: Array) -> ServicePicture:
        """Encode a crop (H, W, 3) uint8 RGB as PNG: only pixels leave, no metadata."""
        check_image(crop, "a picture for a service", np.uint8)
        data = encode_png(crop)
        return cls(data, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, eq=False)
class Consent:
    """Say which pictures a person saw and lets one provider have.

    provider: as in `ServiceFacts.provider`; consent for one is none for another.
    pictures: SHA-256 of each picture.
    """

    provider: str
    pictures: frozenset[str]

    @classmethod
    def to_send(cls, provider: str, pictures: Iterable[ServicePicture]) -> Consent:
        """Consent to send these pictures; called once a person saw them and agreed."""
        return cls(provider, frozenset(picture.sha256 for picture in pictures))

    def check(self, provider: str, pictures: Iterable[ServicePicture]) -> None:
        """Raise an `InputError` for a picture or a provider that the consent leaves out."""
        if self.provider != provider:
            raise InputError(f"the consent is for {self.provider}; a call of {provider} needs its own")
        for picture in pictures:
            if picture.sha256 not in self.pictures:
                raise InputError(
                    f"nothing was sent to {provider}: the picture {picture.sha256[:12]} was not released; "
                    "each picture is shown and agreed to before it leaves"
                )


NO_CONSENT = Consent("nobody", frozenset())

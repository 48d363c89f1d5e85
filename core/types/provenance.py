"""Hold what a file says of itself: metadata, container, traces, hashes, credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .arrays import check

CredentialState = Literal["none", "unknown signer", "trusted", "invalid", "not checked"]
TraceKind = Literal["camera", "editor", "generator", "encoder", "other"]
HASH_DIGITS = 64  # hexadecimal, of 256 bits


@dataclass(frozen=True, slots=True, eq=False)
class SoftwareTrace:
    """Hold one place of a file that names what made it.

    place: where it stands, such as "EXIF Software"; text: what stands there, on one line; kind: of maker.
    """

    place: str
    text: str
    kind: TraceKind

    def __post_init__(self) -> None:
        check(self.kind in get_args(TraceKind), f"a trace is one of {', '.join(get_args(TraceKind))}", self.kind)


@dataclass(frozen=True, slots=True, eq=False)
class JpegTables:
    """Hold a JPEG's quantisation tables.

    tables: 64 steps each, row by row, luminance first; origin: who usually writes such tables, in words; quality: of
        the nearest standard tables, 1 to 100; exact: whether the tables are these.
    """

    tables: tuple[tuple[int, ...], ...]
    origin: str
    quality: int
    exact: bool

    def __post_init__(self) -> None:
        lengths = {len(table) for table in self.tables}
        check(bool(self.tables) and lengths == {64}, "a quantisation table has 64 steps", lengths)


@dataclass(frozen=True, slots=True, eq=False)
class PerceptualHash:
    """Hold a frame's perceptual hash, which survives re-encoding and small changes.

    pdq: 256 bits as 64 hexadecimal digits; mirrored: of the mirrored frame; quality: 0 to 100, under 50 the frame is
        too plain for its hash to mean anything; frame: its index.
    """

    pdq: str
    mirrored: str
    quality: int
    frame: int = 0

    def __post_init__(self) -> None:
        for one in (self.pdq, self.mirrored):
            check(len(one) == HASH_DIGITS, f"a hash has {HASH_DIGITS} hexadecimal digits", one)


@dataclass(frozen=True, slots=True, eq=False)
class ContentCredentials:
    """Hold what a file's C2PA manifest says, and whether it holds.

    state: "none" means unknown, never fake; meaning: of the state, in a sentence; signer, generator, signed: as the
        manifest names them, "" where it does not; problems: codes of what failed; trust_list: the list that
        vouches for the signer of trusted ones, else all that were looked at, "" where there were none.
    """

    state: CredentialState
    meaning: str
    signer: str = ""
    generator: str = ""
    signed: str = ""
    problems: tuple[str, ...] = ()
    trust_list: str = ""

    def __post_init__(self) -> None:
        known = get_args(CredentialState)
        check(self.state in known, f"the state of credentials is one of {', '.join(known)}", self.state)


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """Hold where a file says that it was recorded.

    latitude: -90 to 90 degrees, north positive; longitude: -180 to 180 degrees, east positive.
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        check(abs(self.latitude) <= 90, "a latitude lies in [-90, 90] degrees", self.latitude)
        check(abs(self.longitude) <= 180, "a longitude lies in [-180, 180] degrees", self.longitude)


@dataclass(frozen=True, slots=True, eq=False)
class Provenance:
    """Hold what a file says of itself.

    All of it can be forged but the credentials.

    id: SHA-256 of the file; container: facts by name, each on one line; exif: fields by name, without the place;
        has_location: whether a place is in it, which is read on demand only; perceptual_hash: None where the first
        frame cannot be decoded; notes: sentences on what could not be read; middle_hash: of a video's middle frame,
        None of a picture, and where it cannot be decoded.
    """

    id: str
    container: Mapping[str, str | int | float]
    exif: Mapping[str, str]
    has_location: bool
    software: tuple[SoftwareTrace, ...]
    perceptual_hash: PerceptualHash | None
    credentials: ContentCredentials
    jpeg: JpegTables | None = None
    notes: tuple[str, ...] = field(default=())
    middle_hash: PerceptualHash | None = None

    @property
    def hashes(self) -> tuple[PerceptualHash, ...]:
        """Return the perceptual hashes that there are."""
        return tuple(one for one in (self.perceptual_hash, self.middle_hash) if one)

"""Read the lists of signers that content credentials are checked against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ..storage.files import file_state
from ..storage.paths import TRUST, anchors_file

SIGNERS, TIME_STAMPS = "c2pa-trust-list.pem", "c2pa-tsa-trust-list.pem"
MAX_OWN = 512 * 1024  # bytes of a user's list: the library refuses settings of a megabyte
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
_DATES = re.compile(r"^# (Issued|Next update): (\d{4}-\d\d-\d\d)", re.MULTILINE)
_HASH = re.compile(r"SHA-256 ([0-9a-f]{64})")
_DUE = re.compile(r", next update (\d{4}-\d\d-\d\d)")
# Of a user's file, and the age: names of earlier versions have them, and neither is the list's.
_OTHER_DAYS = re.compile(r", out of date since \d{4}-\d\d-\d\d|, \d{4}-\d\d-\d\d(?=, SHA-256)")


@dataclass(frozen=True, slots=True)
class TrustLists:
    """Hold certificates as PEM, each list with its name: count, dates, and SHA-256.

    signers: those whom the C2PA lists as signers; time_stamps: its authorities of time stamps that are in no other
        list, which vouch for a time and for nobody; own: the user's; each "" where there is none. The names follow, in
        the same order, of the whole lists.
    """

    signers: str = ""
    time_stamps: str = ""
    own: str = ""
    signers_name: str = ""
    time_stamps_name: str = ""
    own_name: str = ""

    def named(self) -> str:
        """Name every list that there is."""
        return "; ".join(filter(None, (self.own_name, self.signers_name, self.time_stamps_name)))


def trust_lists() -> TrustLists:
    """Read the C2PA's two lists, as they are shipped, and the user's own certificates.

    The shipped ones are pinned: a program that fetched them would tell others when it is used. Their names say when
    they were issued, and when their source renews them. The user's are in `storage.paths.anchors_file`; what the C2PA
    lists too is left out of them. A list that is there and cannot be used is named as such. No name changes while its
    list is the same: names are kept with results. A file is read again once it is another.
    """
    signers, signers_name = _shipped(SIGNERS, "C2PA trust list")
    time_stamps, time_stamps_name = _shipped(TIME_STAMPS, "C2PA time-stamp list")
    own, own_name = _own(anchors_file(), signers)
    return TrustLists(signers, _apart(time_stamps, signers, own), own, signers_name, time_stamps_name, own_name)


def hashes_in(names: str) -> frozenset[str]:
    """Return the SHA-256 of every list that is named."""
    return frozenset(_HASH.findall(names))


def bare_names(names: str) -> str:
    """Leave out of names when lists are renewed, and what older versions added."""
    return _OTHER_DAYS.sub("", _DUE.sub("", names))


def out_of_date(names: str) -> tuple[tuple[str, str], ...]:
    """Return each named list that is out of date today: its title, and since when."""
    today = _today().isoformat()
    due = [(name.partition(",")[0], day) for name in names.split("; ") for day in _DUE.findall(name)]
    return tuple((title, day) for title, day in due if day <= today)


def _own(path: Path, signers: str) -> tuple[str, str]:
    try:
        path.open("rb").close()  # a list that may not be read any more is not used, either
        return _read_own(path.absolute(), signers, file_state(path))
    except FileNotFoundError:
        return "", ""
    except OSError:
        return "", "your list, which cannot be read"


@lru_cache(maxsize=4)  # what cannot be read is tried again
def _read_own(path: Path, signers: str, state: tuple[int, ...]) -> tuple[str, str]:
    with path.open("rb") as file:
        data = file.read(MAX_OWN + 1)
    if len(data) > MAX_OWN:
        return "", f"your list, which is not used as it is longer than {MAX_OWN // 1024} KiB"
    pem = _certificates(data.decode("utf-8", "replace"), without=signers)
    return pem, f"your list of {_count(pem)}, SHA-256 {sha256(data).hexdigest()}" if pem else ""


def _shipped(file: str, title: str) -> tuple[str, str]:
    try:
        return _read_shipped(TRUST / file, title, file_state(TRUST / file))
    except OSError:
        return "", ""


@lru_cache(maxsize=4)
def _read_shipped(path: Path, title: str, state: tuple[int, ...]) -> tuple[str, str]:
    data = path.read_bytes()
    text = data.decode("utf-8", "replace")
    pem, dates = _certificates(text), dict(_DATES.findall(text))
    issued, renewed = dates.get("Issued", "an unknown day"), dates.get("Next update")
    due = f", next update {renewed}" if renewed else ""
    return pem, f"{title} of {issued}{due}, {_count(pem)}, SHA-256 {sha256(data).hexdigest()}" if pem else ""


@lru_cache(maxsize=4)
def _apart(time_stamps: str, signers: str, own: str) -> str:
    return _certificates(time_stamps, without=f"{signers}\n{own}")


def _certificates(text: str, without: str = "") -> str:
    known = {_bare(one) for one in _CERTIFICATE.findall(without)}
    return "\n".join(one for one in _CERTIFICATE.findall(text) if _bare(one) not in known)


def _bare(pem: str) -> str:
    return "".join(pem.split())


def _count(pem: str) -> str:
    count = len(_CERTIFICATE.findall(pem))
    return f"{count} certificate{'s' * (count != 1)}"


def _today() -> date:
    return datetime.now(UTC).date()

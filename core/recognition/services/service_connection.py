"""Send requests to a service, with few retries and a limit of calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from ...progress import NO_PROGRESS, Progress
from ...types import InputError
from ...types.foreign_json import parse_json
from .call_budget import CallBudget

RETRY_PAUSES = (0.5, 1.0, 2.0)  # seconds before each further try
MAX_PAUSE = 30.0  # seconds; a service that asks for a longer one is left alone
MAX_ANSWER = 2_000_000  # bytes
AGAIN = (429, 500, 502, 503, 504)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_SAID = 200  # characters of a service's own words

Headers = Mapping[str, str]


@dataclass(slots=True)
class ServiceConnection:
    """Post to one service.

    title: what people call it; endpoint: its address without a path.
    timeout: in seconds, for the connection, for silence and for a whole answer.
    throttled: tells from an error's JSON whether to try again, where the status does not.
    """

    title: str
    endpoint: str
    budget: CallBudget
    progress: Progress = NO_PROGRESS
    timeout: float = 20.0
    throttled: Callable[[Any], bool] = lambda _: False

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint)

    def post(self, path: str, body: bytes, headers: Callable[[str], Headers]) -> Any:
        """Post a body; return the JSON that comes back.

        A throttled or failing service is asked again, up to three times; after silence it is not, because the call
        may have been counted. Every request spends one call of the budget.

        Args:
            path: with its query, begins with "/".
            body: the request's bytes.
            headers: makes the headers for a URL; called anew for each try, since signatures age.
        """
        url = self.endpoint.rstrip("/") + path
        for pause in (*RETRY_PAUSES, None):
            self.progress.check_stop()
            self.budget.spend()
            status, asked_pause, found = self._send(url, body, headers(url))
            if status == 200:
                return found
            again = status in AGAIN or self.throttled(found)
            longest = max(pause or 0.0, asked_pause)
            if not again or pause is None or longest > MAX_PAUSE:
                raise InputError(self._refusal(status, found, again))
            self._wait(longest)
        raise AssertionError("the last try answers or raises")

    def _send(self, url: str, body: bytes, headers: Headers) -> tuple[int, float, Any]:
        """Return the status, the pause that is asked for in seconds, and the JSON (None for none)."""
        try:
            # An `auth` of our own keeps requests from putting a password of the user's netrc in its place; a redirect
            # would carry the picture to somebody else.
            with requests.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
                auth=lambda request: request,
            ) as answer:
                data = self._read(answer)
                status, pause = answer.status_code, _seconds(answer.headers.get("Retry-After", ""))
        except requests.exceptions.SSLError:
            raise InputError(f"the certificate of {self.title} cannot be trusted; nothing was sent") from None
        except requests.exceptions.ConnectTimeout:
            raise InputError(f"{self.title} cannot be reached within {self.timeout:g} seconds") from None
        except requests.exceptions.Timeout:
            raise InputError(self._silence()) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
            if "timed out" in str(error).lower():
                raise InputError(self._silence()) from None
            raise InputError(
                f"there is no connection to {self.title}, or it broke off ({type(error).__name__})"
            ) from None
        try:
            return status, pause, parse_json(data)
        except ValueError:
            if status == 200:
                raise InputError(f"{self.title} answered nonsense: no JSON came") from None
            return status, pause, None

    def _read(self, answer: requests.Response) -> bytes:
        until, data = time.monotonic() + self.timeout, b""
        for piece in answer.iter_content(1 << 14):
            data += piece
            if len(data) > MAX_ANSWER:
                raise InputError(f"{self.title} answered nonsense: more than {MAX_ANSWER} bytes")
            if time.monotonic() > until:
                raise InputError(self._silence())
        return data

    def _silence(self) -> str:
        return (
            f"{self.title} did not answer within {self.timeout:g} seconds; it was not asked again, "
            "because the call may have been counted"
        )

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.progress.check_stop()
            time.sleep(min(left, 0.1))

    def _refusal(self, status: int, found: Any, again: bool) -> str:
        tried = f" {len(RETRY_PAUSES) + 1} times" if again else ""
        said = _message(found)
        hint = {401: "; check its keys", 403: "; check its keys and what they allow"}.get(status, "")
        return f"{self.title} answered {status}{tried}" + (f": {said}" if said else "") + hint


def check_endpoint(endpoint: str) -> None:
    """Refuse an address that would carry keys and pictures unencrypted; loopback may."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
    except ValueError:
        host = None
    fine = host and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
    if not fine or parts.query or parts.fragment or parts.username:
        raise InputError(f"a service's address begins with https:// and names a host; what came is {endpoint!r}")


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 8 else 0.0


def _message(found: Any) -> str:
    """Return a service's own words about an error, cut and made printable."""
    said: list[str] = []
    inner = found.get("error") if isinstance(found, dict) else None
    for values in (found, inner):
        if isinstance(values, dict):
            keys = ("__type", "code", "errorCode", "message", "Message", "errorMessage")
            said += [values[key] for key in keys if isinstance(values.get(key), str)]
    text = ", ".join(part.rsplit("#", 1)[-1] for part in said)
    return "".join(c for c in text if c.isprintable())[:MAX_SAID]

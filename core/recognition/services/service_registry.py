"""Register services: what each asks for, costs and needs from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...registry import Registry
from ...types import InputError
from ...types.recogniser_results import ServiceAnswer
from .consent import ServicePicture
from .service_connection import ServiceConnection

SWITCH = "PROSOPON_SERVICES"  # names of providers, separated by commas; services are off without it
Ask = Callable[[ServiceConnection, tuple[ServicePicture, ...]], ServiceAnswer]


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """Hold what is known of a service before it is called.

    provider: short name, as in `PROSOPON_SERVICES` and in a consent.
    question: "name" asks who one picture shows, "compare" whether two show the same person.
    keys: environment variables that have to be set; optional: those that may be.
    endpoint: its address, with {VARIABLE} from the environment.
    endpoint_variable: replaces the address, for proxies and private endpoints.
    calls: requests a question; price: list price in US dollars for 1,000 requests; max_bytes: of one picture.
    """

    provider: str
    question: Literal["name", "compare"]
    keys: tuple[str, ...]
    endpoint: str
    endpoint_variable: str
    calls: int
    max_bytes: int
    price: float = 1.0  # of all three in the paper's section 5.2

    @property
    def pictures(self) -> int:
        """Return how many pictures a question has."""
        return 1 if self.question == "name" else 2


SERVICES: Registry[Ask, ServiceFacts] = Registry("service", ServiceFacts)


def variable(name: str) -> str:
    """Return an environment variable's value without blanks, "" where it is not set."""
    return os.environ.get(name, "").strip()


def switched_on(provider: str) -> bool:
    """Return whether the environment switches a provider on."""
    return provider in {name.strip().lower() for name in variable(SWITCH).split(",")}


def missing(service: str) -> str:
    """Say what a service lacks before it can be asked; "" for nothing."""
    facts = SERVICES[service].facts
    if not switched_on(facts.provider):
        return f"{SERVICES[service].title} is switched off; set {SWITCH}={facts.provider} to allow it"
    unset = [name for name in facts.keys if not variable(name)]
    return f"{SERVICES[service].title} has no key: set {' and '.join(unset)}" if unset else ""


def endpoint_of(service: str) -> str:
    """Return a service's address, or raise an `InputError` that says what is missing."""
    if lacks := missing(service):
        raise InputError(lacks)
    facts = SERVICES[service].facts
    given = variable(facts.endpoint_variable)
    return given or facts.endpoint.format(**{name: variable(name) for name in facts.keys})

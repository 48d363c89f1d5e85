"""Errors that a person reads, and the wish to stop.

ValueError
    InputError          bad input: one sentence that says what came and what is allowed
        UnknownName     a name that no registry knows
Exception
    StopRequested       somebody asked long work to stop
"""

from __future__ import annotations


class InputError(ValueError):
    """Bad input from a person: the message is one sentence that says what came and what is allowed."""


class StopRequested(Exception):
    """Raised inside long work when somebody asked to stop; whoever asked keeps what there is."""


class UnknownName(InputError, KeyError):
    """A name that no registry entry has; the message lists those there are."""

    __str__ = InputError.__str__

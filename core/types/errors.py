"""Errors that a person reads, and the wish to stop.

ValueError
    InputError          bad input: one sentence that says what came and what is allowed
        UnknownName     a name that no registry knows
Exception
    StopRequested       somebody asked long work to stop
"""

from __future__ import annotations


class InputError(ValueError):
    """Report bad input in one sentence: what came and what is allowed."""


class StopRequested(Exception):
    """Leave long work after a request to stop; the caller keeps the partial result."""


class UnknownName(InputError, KeyError):
    """Report a name that no registry has, with those it has."""

    __str__ = InputError.__str__

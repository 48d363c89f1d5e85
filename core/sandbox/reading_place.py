"""Choose the process in which foreign files are parsed."""

from __future__ import annotations

import os
import socket

CHOICE = "PROSOPON_READER"  # of the environment
INSIDE, APART = "inside", "apart"
DEFAULT = APART


def chosen_reader() -> str:
    """Return "inside", "apart", or a module's name.

    That module reads media in place of the usual one, as tests do.
    """
    return (os.environ.get(CHOICE) or DEFAULT) if can_read_apart() else INSIDE


def reads_inside() -> bool:
    """Return whether files are parsed in this process.

    For developers, who can then follow a parser.
    """
    return chosen_reader() == INSIDE


def can_read_apart() -> bool:
    """Return whether this system can fork processes and hand them open files; Windows cannot."""
    return hasattr(os, "fork") and hasattr(os, "preadv") and hasattr(socket, "send_fds")

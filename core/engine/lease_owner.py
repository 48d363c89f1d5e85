"""Name the runner that holds a lease, and tell whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket


def new_owner() -> str:
    """Name this process on this machine, once for each run."""
    return f"{socket.gethostname()}|{os.getpid()}|{secrets.token_hex(8)}"


def is_gone(owner: str) -> bool:
    """Return whether the process behind a lease has ended.

    False where that is not known.
    """
    host, _, rest = str(owner).partition("|")
    number = rest.partition("|")[0]
    if host != socket.gethostname() or not number.isdigit():
        return False  # another machine's: its lease runs out
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's process: it lives
        return False
    return False

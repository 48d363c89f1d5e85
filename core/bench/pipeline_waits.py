"""Time the waits of one run in turn with what each is held against."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .. import explain, pipeline
from ..detectors import Detector
from ..detectors.video_rules import file_verdict
from ..faces.centerface import load_centerface
from ..faces.detection import MAX_SIDE, find_faces
from ..media.images import within
from ..media.quiet_av import av
from ..media.write import write_media
from ..signatures.reference import misfit
from ..types import Array, Face
from .bench_media import SHARE, scene, write_picture, write_video
from .map_waits import map_rows, repeat
from .page_reruns import PAGES, rerun_rows
from .pipeline_growth import SHORT_GROWTH, GrowthRow, GrowthSizes, growth_rows
from .pipeline_processes import flat_memory_row, memory_row, start_rows
from .pipeline_rows import PipelineRow, ratio_row
from .reading_bench import apart_rows
from .started_server import server_rows
from .timing import Ratio, Work, median_of, time_in_turn, time_pairs

VIDEO_AIMS = 1.8, 2.0  # of a verdict over decoding, by video
MEMORY_PAIRS, GROWTH_ROUNDS = 3, 3  # at most: these hardly vary, or are fitted over several counts


@dataclass(frozen=True, slots=True)
class MediaSizes:
    """Hold the sizes of the made media.

    videos: (width, height, frames); the memory is that of the last. picture: (width, height).
    judged: frames of a video that are judged. repeats: calls in one timing of what takes milliseconds.
    samples: of SHAP. pages: whose reruns are timed.
    """

    videos: tuple[tuple[int, int, int], ...] = ((640, 480, 300), (1920, 1080, 120))
    picture: tuple[int, int] = (4000, 3000)
    judged: int = 16
    repeats: int = 5
    samples: int = 24
    pages: tuple[str, ...] = PAGES
    growth: GrowthSizes = field(default_factory=GrowthSizes)


SHORT = MediaSizes(
    ((192, 144, 8), (256, 192, 8)),
    (320, 240),
    judged=2,
    repeats=1,
    samples=4,
    pages=("inspect", "methods"),
    growth=SHORT_GROWTH,
)


def judge_file(path: Path, detector: Detector, *, frames: int = 16) -> str:
    """Judge a file from its path, and return the band of its verdict."""
    media = pipeline.open_searched(path, frames=frames)
    judged = pipeline.analyse(media, detector, frames=frames)
    return file_verdict(judged, detector.band_thresholds, still=media.kind == "image").band


def decode_video(path: Path) -> int:
    """Decode all frames once, by PyAV with its own threads; return their number."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def decode_picture(path: Path) -> Array:
    """Decode a picture by Pillow: (H, W, 3) uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def network_alone(frame: Array) -> Work:
    """Make a call of the face detector's network alone on a frame (H, W, 3).

    The frame is shrunk as for the detector. Its input is made before, and no boxes are read from its output.
    """
    finder = load_centerface()
    small = within(frame, MAX_SIDE)
    sides = tuple(-(-side // 32) * 32 for side in small.shape[1::-1])
    blob = cv2.dnn.blobFromImage(small, size=sides)

    return partial(finder.sess.run, finder.onnx_output_names, {finder.onnx_input_name: blob})


@dataclass(frozen=True, slots=True)
class BenchWaits:
    """Hold one run: detector, folder and sizes of media, pairs of a row."""

    detector: Detector
    folder: Path
    sizes: MediaSizes
    pairs: int

    def video(self, number: int) -> Path:
        """Return a made video, written once."""
        width, height, frames = self.sizes.videos[number]
        path = self.folder / f"{width}x{height}.mp4"
        return path if path.is_file() else write_video(path, (width, height), frames)

    def itself(self) -> Ratio:
        """Time the way of the first video to its verdict against itself."""
        work = partial(judge_file, self.video(0), self.detector, frames=self.sizes.judged)
        return median_of([one / other for one, other in self._pairs(work, work)])

    def rows_of(self, part: str) -> list[PipelineRow]:
        """Measure a part that has rows."""
        works: dict[str, Callable[[], list[PipelineRow]]] = {
            "files": self._files,
            "apart": self._apart,
            "faces": self._faces,
            "verdict": self._verdict,
            "maps": self._maps,
            "start": lambda: start_rows(self.pairs),
            "server": lambda: server_rows(pairs=self.pairs),
            "pages": lambda: rerun_rows(self.sizes.pages, pairs=self.pairs),
            "memory": self._memory,
        }
        return works[part]()

    def growth(self) -> list[GrowthRow]:
        """Measure how the cost grows."""
        return growth_rows(self.detector, self.folder, self.sizes.growth, rounds=min(self.pairs, GROWTH_ROUNDS))

    def _files(self) -> list[PipelineRow]:
        rows = []
        over = "decoding all of its frames once (PyAV)"
        for place, ((width, height, frames), aim) in enumerate(zip(self.sizes.videos, VIDEO_AIMS, strict=True)):
            path = self.video(place)
            ours = partial(judge_file, path, self.detector, frames=self.sizes.judged)
            times = self._pairs(ours, partial(decode_video, path))
            what = f"video of {width} x {height}, {frames} frames, to the verdict of {self.sizes.judged}"
            rows.append(ratio_row(what, over, times, aim=aim))
        width, height, frames = self.sizes.videos[0]
        path = self.video(0)
        times = self._pairs(partial(judge_file, path, self.detector, frames=frames), partial(decode_video, path))
        rows.append(ratio_row(f"video of {width} x {height}, all {frames} frames judged", over, times, aim=4.0))
        width, height = self.sizes.picture
        path = write_picture(self.folder / "picture.jpg", (width, height))
        ours = partial(judge_file, path, self.detector)
        times = self._pairs(ours, partial(decode_picture, path))
        what = f"picture of {width} x {height} (JPEG) to its verdict"
        return [*rows, ratio_row(what, "decoding it (Pillow)", times, aim=2.5)]

    def _apart(self) -> list[PipelineRow]:
        width, height = self.sizes.picture
        pictures = {}
        for ending in ("jpg", "png"):
            path = self.folder / f"apart.{ending}"
            write_media([scene((width, height), [])], path)
            pictures[f"picture of {width} x {height} ({ending.upper()})"] = path
        wide, high, frames = self.sizes.videos[0]
        videos = {f"video of {wide} x {high}, {frames} frames": self.video(0)}
        judge = partial(judge_file, detector=self.detector, frames=self.sizes.judged)
        return apart_rows(pictures, videos, judge, pairs=self.pairs)

    def _faces(self) -> list[PipelineRow]:
        rows = []
        over = f"CenterFace's network alone on it, {MAX_SIDE} pixels at most"
        for width, height, _ in self.sizes.videos:
            frame = _frame((width, height))
            times = self._pairs(partial(find_faces, frame), network_alone(frame))
            rows.append(ratio_row(f"finding the faces of a frame of {width} x {height}", over, times))
        return rows

    def _verdict(self) -> list[PipelineRow]:
        detector, crop = self.detector, _largest(_frame(self.sizes.videos[0][:2])).crop
        verdict, signs, references = detector.verdict(crop), pipeline.load_attack_signs(), pipeline.load_reference_set()
        together, quick = ("saliency", "input-x-gradient"), explain.quick()
        works: dict[str, Work] = {
            "": partial(detector.verdict, crop),
            "the attack answer": partial(pipeline.answer_attack, detector, crop, verdict, signs=signs),
            "verdict, Saliency and Input x Gradient": partial(explain.run_all, together, detector, crop, quality=False),
            f"verdict and all {len(quick)} quick maps": partial(explain.run_all, quick, detector, crop, quality=False),
        }
        if misfit(references.card, detector) is None:
            works["placing a signature"] = partial(pipeline.embed_signature, detector, references, crop)
        often = {what: 1 if what.endswith("quick maps") else self.sizes.repeats for what in works}
        repeated: dict[str, Work] = {what: partial(repeat, work, often[what]) for what, work in works.items()}
        times = time_in_turn(repeated, rounds=self.pairs, clock=time.perf_counter)
        once = [{what: seconds / often[what] for what, seconds in one.items()} for one in times]
        over = f"the verdict on a face of {crop.shape[1]} x {crop.shape[0]}"
        aims = {"the attack answer": 3.0, "placing a signature": 2.0}
        return [
            ratio_row(what, over, [(one[what], one[""]) for one in once], aim=aims.get(what)) for what in works if what
        ]

    def _memory(self) -> list[PipelineRow]:
        width, height, frames = self.sizes.videos[-1]
        what = f"peak memory of judging the video of {width} x {height}, {frames} frames"
        pairs, name = min(self.pairs, MEMORY_PAIRS), self.detector.name
        row = memory_row(what, self.video(len(self.sizes.videos) - 1), name, self.sizes.judged, pairs=pairs)
        width, height, frames = self.sizes.videos[0]
        what = f"peak memory of judging all {frames} frames of the video of {width} x {height}"
        return [row, flat_memory_row(what, self.video(0), name, (frames, self.sizes.judged), pairs=pairs)]

    def _maps(self) -> list[PipelineRow]:
        crop = _largest(_frame(self.sizes.videos[0][:2])).crop
        return map_rows(self.detector, crop, pairs=self.pairs, repeats=self.sizes.repeats, samples=self.sizes.samples)

    def _pairs(self, ours: Work, peer: Work) -> list[tuple[float, float]]:
        return time_pairs(ours, peer, pairs=self.pairs, clock=time.perf_counter)


def _frame(size: tuple[int, int]) -> Array:
    return scene(size, [(0.5, 0.5, SHARE * size[1])])


def _largest(frame: Array) -> Face:
    found = find_faces(frame)
    assert found, "the made frame has a face"
    return found[0]

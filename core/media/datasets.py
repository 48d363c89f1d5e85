"""Read folders of labelled media: real/ and fake/, a folder per forgery, FaceForensics++."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..types import InputError
from ..types.foreign_json import parse_json
from ..types.person_attributes import PersonAttributes

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm"})
T = TypeVar("T")
SUFFIXES = IMAGES | VIDEOS
ORIGINAL, MANIPULATED = "original_sequences", "manipulated_sequences"
COMPRESSIONS = ("raw", "c0", "c23", "c40")
WANTED = "evaluating wants a folder with real/ and fake/, real/ and a folder for each forgery, or FaceForensics++"


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one medium: its path in the folder, and its file or frame files."""

    path: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Hold the media of a folder by kind, "real" first.

    layout: which of the three layouts it is.
    kinds: kind to media.
    other: number of files that are no media or lie in no kind's folder.
    empty: folders without media.
    left_out: media that a limit drops, by kind.
    """

    layout: str
    kinds: dict[str, list[Item]]
    other: int = 0
    empty: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    def limited(self, limit: int | None) -> Dataset:
        """Keep at most `limit` media of each kind, evenly spaced."""
        kept = {kind: subsample(items, limit or len(items)) for kind, items in self.kinds.items()}
        return replace(self, kinds=kept, left_out={k: len(items) - len(kept[k]) for k, items in self.kinds.items()})


def subsample(items: Sequence[T], limit: int) -> list[T]:
    """Return at most `limit` of the items, evenly spaced, in their order."""
    places = np.unique(np.linspace(0, len(items) - 1, min(limit, len(items))).round().astype(int))
    return [items[i] for i in places]


def files_in(folder: Path) -> list[Path]:
    """List the visible files below a folder, sorted by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def media_in(folder: Path) -> list[Path]:
    """List the images and videos below a folder, by suffix, sorted by name."""
    return [path for path in files_in(folder) if path.suffix.lower() in SUFFIXES]


def open_dataset(data: Path, *, compression: str | None = None) -> Dataset:
    """Read a folder of labelled media in one of three layouts.

    - real/ and fake/; real/ and any other folders, each a kind of forgery. Images and videos, also in subfolders.
    - FaceForensics++ (Rossler et al. 2019): original_sequences/<source>/<compression>/... and
      manipulated_sequences/<method>/<compression>/..., where videos/ holds a file per video and images/ or frames/ a
      folder of images per video. Both sources (youtube, actors) are "real", each method is a kind, masks are no media.
      `compression` (raw, c0, c23, c40) selects one where there are several: mixed, they would give the label away.
    """
    try:
        there = data.is_dir()
    except OSError:  # as a name that is too long
        there = False
    if not there:
        raise InputError(f"{data} is not a folder; {WANTED}")
    if (data / ORIGINAL).is_dir() or (data / MANIPULATED).is_dir():
        return _faceforensics(data, compression)
    if compression is not None:
        raise InputError(f"a compression can be chosen of FaceForensics++ only; {data} is not laid out like it")
    folders = sorted(path for path in data.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = [folder.name for folder in folders]
    if "real" not in names:
        raise InputError(f"{data} has no folder real/; what is there: {_some(names)}; {WANTED}")
    kinds: dict[str, list[Item]] = {}
    other = sum(path.is_file() and not path.name.startswith(".") for path in data.iterdir())
    for folder in sorted(folders, key=lambda f: (f.name != "real", f.name)):
        files = files_in(folder)
        items = [_item(data, path) for path in files if path.suffix.lower() in SUFFIXES]
        kinds[folder.name], other = items, other + len(files) - len(items)
    layout = "real/ and fake/" if names == ["fake", "real"] else "real/ and a folder for each forgery"
    return _without_empty(data, Dataset(layout, kinds, other))


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return ", ".join(shown[:8]) + more or "no folder"


def _item(data: Path, path: Path) -> Item:
    return Item(path.relative_to(data).as_posix(), (path,))


def _without_empty(data: Path, found: Dataset) -> Dataset:
    """Move empty kinds to `empty`; refuse a folder without real or without forged media."""
    kinds = {kind: items for kind, items in found.kinds.items() if items}
    empty = tuple(kind for kind in found.kinds if kind not in kinds)
    if "real" not in kinds:
        raise InputError(f"{data} has no images or videos in real/ (by their suffix: {', '.join(sorted(SUFFIXES))})")
    if len(kinds) == 1:
        why = f"no image or video is in {_some(empty)}" if empty else "real/ is the only folder"
        raise InputError(f"{data} has no folder of forgeries beside real/: {why}")
    return replace(found, kinds=kinds, empty=empty)


def _faceforensics(data: Path, compression: str | None) -> Dataset:
    for name in (ORIGINAL, MANIPULATED):
        if not (data / name).is_dir():
            raise InputError(f"{data} has no {name}/: FaceForensics++ has {ORIGINAL}/ and {MANIPULATED}/")
    parts = [path for name in (ORIGINAL, MANIPULATED) for path in sorted((data / name).glob("*/*")) if path.is_dir()]
    there = sorted({path.name for path in parts} & set(COMPRESSIONS), key=COMPRESSIONS.index)
    if compression is not None and compression not in there:
        raise InputError(f"{data} has no compression {compression!r}; it has: {_some(there)}")
    if len(there) > 1 and compression is None:
        raise InputError(
            f"{data} has the compressions {', '.join(there)}: choose one with --compression, or where there is no such "
            "option keep only one in the folder"
        )
    kinds: dict[str, list[Item]] = {"real": []}
    other = 0
    for part in parts:
        if part.name != (compression or (there[0] if there else None)):
            continue
        items, strange = _sequences(data, part)
        kinds.setdefault("real" if part.parts[-3] == ORIGINAL else part.parent.name, []).extend(items)
        other += strange
    if not kinds["real"] or len(kinds) == 1:
        raise InputError(
            f"{data} has no media at {'original' if not kinds['real'] else 'manipulated'}_sequences/<name>/"
            f"<compression>/videos or /images; compressions are {', '.join(COMPRESSIONS)}"
        )
    return _without_empty(data, Dataset(f"FaceForensics++ ({compression or there[0]})", kinds, other))


def _sequences(data: Path, part: Path) -> tuple[list[Item], int]:
    """List the videos of one source or method at one compression.

    Folders of images count where there are no video files. Also returns the number of other files.
    """
    videos = files_in(part / "videos")
    items = [_item(data, path) for path in videos if path.suffix.lower() in SUFFIXES]
    if items:
        return items, len(videos) - len(items)
    other = 0
    for name in ("images", "frames"):
        folders: dict[Path, list[Path]] = {}
        for path in files_in(part / name):
            if path.suffix.lower() in IMAGES:
                folders.setdefault(path.parent, []).append(path)
            else:
                other += 1
        for folder, paths in folders.items():
            if folder == part / name:
                items += [_item(data, path) for path in paths]
            else:
                items.append(Item(folder.relative_to(data).as_posix(), tuple(paths)))
        if items:
            break
    return items, other + len(videos)


def without_name(error: InputError, file: Path) -> str:
    """Return an error's message without the file's name, so that reasons can be counted."""
    return str(error).replace(f'"{file.name}"', "the file").replace(file.name, "the file")


def count_reasons(reasons: Iterable[str]) -> dict[str, int]:
    """Count equal reasons, the most frequent first; the first number in each is masked."""
    return dict(Counter(re.sub(r"\d+(\.\d+)?", "…", reason, count=1) for reason in reasons).most_common())


def kinds_in(data: Path) -> dict[str, list[Path]]:
    """Map each kind to the paths of `open_dataset`'s files, "real" first."""
    return {kind: [path for item in items for path in item.files] for kind, items in open_dataset(data).kinds.items()}


def read_originals(data: Path) -> dict[str, str]:
    """Map each name to its original's, from `dfdc.jsonl` in a folder or above it.

    Names are without suffixes; empty where no such index is there.
    """
    return {name: Path(str(row.get("original") or name)).stem for name, row in _index(data).items()}


def read_people(data: Path) -> dict[str, str]:
    """Map each name to its person's number, as `read_originals` does."""
    return {name: str(row["person"]) for name, row in _index(data).items() if row.get("person") is not None}


def _index(data: Path) -> dict[str, dict[str, Any]]:
    """Map names to rows of `dfdc.jsonl`."""
    index = next((at / "dfdc.jsonl" for at in (data, data.parent) if (at / "dfdc.jsonl").is_file()), None)
    if index is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(index.read_text("utf-8-sig").splitlines(), 1):
        if line.strip():
            try:
                row = parse_json(line)
                found[Path(row["file"]).stem] = dict(row)
            except (ValueError, KeyError, TypeError):
                raise InputError(f"line {number} of {index.name} is no JSON object with a file") from None
    return found


def read_attributes(faces: Path) -> dict[str, PersonAttributes]:
    """Map image names to the rows of a folder's `faces.jsonl`.

    Keys: the file's name with and without suffixes, and the first 12 hexadecimal digits of the SHA-1 of "file", by
        which forgeries with anonymous names are found.
    """
    index = faces / "faces.jsonl"
    if not index.is_file():
        raise InputError(f"no faces.jsonl in {faces}: it lists each image with age, gender and race, one JSON a line")
    out: dict[str, PersonAttributes | None] = {}
    for number, line in enumerate(index.read_text("utf-8").splitlines(), 1):
        try:
            row = parse_json(line)
            file = str(row["file"])
        except (ValueError, KeyError, TypeError):
            raise InputError(f"line {number} of {index.name} is no JSON object with a file") from None
        name = file.rsplit("/", 1)[-1]
        digest = hashlib.sha1(file.encode(), usedforsecurity=False).hexdigest()[:12]
        for key in {name, name.rsplit(".", 1)[0], name.split(".", 1)[0], digest}:
            out[key] = None if key in out else _attributes(row)  # two rows by one name: neither
    return {key: row for key, row in out.items() if row}


def _attributes(row: dict[str, Any]) -> PersonAttributes:
    return PersonAttributes(*(row.get(key) for key in ("age", "gender", "race")))

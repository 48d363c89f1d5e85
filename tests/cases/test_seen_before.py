"""A file that a case holds already, as itself or as a copy, is found again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import av
import numpy as np
from made_cases import keep
from media_files import image
from PIL import Image

from core.cases.case_folder import CaseFolder, new_case
from core.cases.case_values import Exhibit
from core.cases.replay import RECORD
from core.cases.seen_before import seen_before
from core.media.copy_comparison import BOUND
from core.media.file_provenance import read_provenance
from core.media.images import encode_png
from core.media.open import open_media
from core.media.perceptual_hash import perceptual_hash
from core.output.value_records import value_record
from core.types import Array
from core.types.provenance import PerceptualHash


def keep_hashes(
    case: CaseFolder, exhibit: Exhibit, first: PerceptualHash, middle: PerceptualHash | None = None
) -> None:
    """Keep a result that holds an exhibit's hashes."""
    keep(case, exhibit)
    result = case.state().result_of(exhibit.sha256)
    assert result
    place = case.root / result.folder / RECORD
    said = {"perceptual_hash": value_record(first) | ({"middle": value_record(middle)} if middle else {})}
    record = json.loads(place.read_text()) | {"provenance": said}
    place.chmod(0o644)
    place.write_text(json.dumps(record))


def film(picture: Array, crf: int) -> bytes:
    """Two black frames, then four of a picture (128, 128, 3), coded in H.264."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p"
        for frame in [np.zeros_like(picture)] * 2 + [picture] * 4:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def test_re_encoded_and_mirrored_copies_are_told_apart(tmp_path: Path, portrait: Array) -> None:
    (tmp_path / "one.png").write_bytes(encode_png(portrait))
    case = new_case(tmp_path / "cases" / "first", "First case")
    exhibit, _ = case.add_file(tmp_path / "one.png")
    keep_hashes(case, exhibit, perceptual_hash(portrait))
    coded = open_media(image("JPEG", Image.fromarray(portrait), quality=20))
    mirrored = open_media(encode_png(np.ascontiguousarray(portrait[:, ::-1])))
    for media, kind in ((coded, "similar"), (mirrored, "mirrored")):  # pixels are compared with the mirror image
        (sighting,) = seen_before([tmp_path / "cases"], media, [perceptual_hash(media.frame())])
        assert sighting.comparison.kind == kind
        assert sighting.comparison.largest is not None
        assert (sighting.comparison.largest > BOUND) == (kind == "similar")


def test_a_video_that_begins_with_black_is_seen_again_by_its_middle(tmp_path: Path, portrait: Array) -> None:
    picture = np.asarray(Image.fromarray(portrait).resize((128, 128)))
    (tmp_path / "one.mp4").write_bytes(film(picture, 18))
    case = new_case(tmp_path / "elsewhere" / "first", "First case")
    exhibit, _ = case.add_file(tmp_path / "one.mp4")
    found = read_provenance(tmp_path / "one.mp4", open_media(tmp_path / "one.mp4"))
    first, middle = found.hashes
    assert (first.quality, first.frame, middle.frame) == (0, 0, 3)
    keep_hashes(case, exhibit, first, middle)
    again = open_media(film(picture, 40))
    hashes = read_provenance(film(picture, 40), again).hashes
    assert seen_before([tmp_path / "cases"], again, hashes) == []
    (sighting,) = seen_before([tmp_path / "cases", tmp_path / "elsewhere", tmp_path / "elsewhere"], again, hashes)
    assert (sighting.exhibit, sighting.comparison.kind) in {("E1", "similar"), ("E1", "bounded")}
    assert seen_before([tmp_path / "elsewhere"], again, hashes[:1]) == [], "black is nothing to know a video by"


def test_an_exhibit_and_its_copies_are_found_again(tmp_path: Path, portrait: Array) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    file = tmp_path / "one.png"
    file.write_bytes(encode_png(portrait))
    case = new_case(folder / "first", "First case")
    exhibit, _ = case.add_file(file)
    seen = open_media(file)
    assert [one.comparison.kind for one in seen_before([folder], seen, [])] == ["identical"]

    changed = np.clip(portrait.astype(int) + 2, 0, 255).astype(np.uint8)
    attacked, other = (open_media(encode_png(one)) for one in (changed, portrait[::-1].copy()))
    hashed = perceptual_hash(changed)
    assert seen_before([folder], attacked, [hashed]) == []  # not analysed: known by its SHA-256 alone
    keep_hashes(case, exhibit, perceptual_hash(portrait))
    (sighting,) = seen_before([folder], attacked, [hashed])
    assert (sighting.case, sighting.exhibit, sighting.name) == ("First case", "E1", "one.png")
    assert (sighting.comparison.kind, sighting.comparison.largest) == ("bounded", 2)
    assert seen_before([folder], other, [perceptual_hash(other.frame())]) == []
    assert seen_before([tmp_path / "nowhere"], seen, [hashed]) == []


def test_a_copy_within_the_bound_is_found_whatever_its_hash_is(tmp_path: Path, portrait: Array) -> None:
    picture = portrait[:256, :256]
    (tmp_path / "one.png").write_bytes(encode_png(picture))
    case = new_case(tmp_path / "cases" / "first", "First case")
    exhibit, _ = case.add_file(tmp_path / "one.png")
    keep_hashes(case, exhibit, perceptual_hash(picture))
    result = case.state().result_of(exhibit.sha256)
    assert result
    place = case.root / result.folder / RECORD
    shape = {"kind": "image", "width": 256, "height": 256, "frames": 1}
    place.write_text(json.dumps(json.loads(place.read_text()) | {"media": shape}))
    blocks = np.random.default_rng(0).choice([-BOUND, BOUND], (16, 16, 1)).repeat(16, 0).repeat(16, 1)
    changed = np.clip(picture.astype(int) + blocks, 0, 255).astype(np.uint8)
    copy = open_media(encode_png(changed))
    far = PerceptualHash("0" * 64, "0" * 64, 100, 0)
    for hashes in ([perceptual_hash(changed)], [far], []):
        (found,) = seen_before([tmp_path / "cases"], copy, hashes)
        assert (found.comparison.kind, found.comparison.largest) == ("bounded", BOUND)
    changed[0, 0] = picture[0, 0] ^ 128
    assert seen_before([tmp_path / "cases"], open_media(encode_png(changed)), [far]) == []

"""Whole media under attack: crops go back to where they came from, and the written file is what is judged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrowed import some
from PIL import Image
from recorded_progress import RecordedProgress, after_steps
from typer.testing import CliRunner

from core import media_attack, pipeline
from core.__main__ import app
from core.attacks import ATTACKS
from core.detectors import Detector
from core.faces.detection import CROP_SCALE, find_faces
from core.media.images import crop_square, square_about
from core.media.write import write_media
from core.media_attack import attacked_frame as frame_module
from core.media_attack import attacked_media as media_module
from core.media_attack.attacked_frame import AttackJob, attack_frame, face_region
from core.metrics.intervals import wilson
from core.output.attacked_media_record import attack_outcome_record, attacked_faces_table, files_outcome_record
from core.progress import NO_PROGRESS
from core.types import Array, Face, InputError, Media
from core.types.attacked_values import AttackedFiles

DEEPFAKE = Path(__file__).resolve().parents[3] / "shared" / "data" / "deepfakes" / "ffpp_faceswap_634_660.mp4"
QUICK = {"steps": 3, "alpha": 6 / 255}
BUDGET = 16 / 255 + 1e-9


@pytest.fixture(scope="module")
def image(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "forged.png"
    Image.fromarray(forged).save(path)
    return path


@pytest.fixture(scope="module")
def clip(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six frames, the image moving by two pixels a frame."""
    path = tmp_path_factory.mktemp("whole") / "forged.mkv"
    write_media((np.roll(forged, 2 * i, 1) for i in range(6)), path, fps=12)
    return path


def frames_of(media: Media) -> list[Array]:
    return [frame for _, frame in media.source.read(tuple(range(media.frames)))]


@pytest.mark.slow
def test_a_picture(image: Path, forged: Array, shipped: Detector, tmp_path: Path) -> None:
    progress = RecordedProgress()
    found = media_attack.attack_media(
        shipped,
        pipeline.open_media(image),
        tmp_path / "out.png",
        "pgd",
        QUICK,
        seed=3,
        progress=progress,
    )
    (face,) = found.faces
    assert (face.before.label, face.after_crop.label, some(face.after_frame).label) == ("fake", "real", "real")
    again = pipeline.analyse(pipeline.open_media(tmp_path / "out.png"), shipped)
    assert some(face.after_file).logits.tolist() == some(again[0].verdict).logits.tolist()
    assert 0 < some(face.linf) == found.linf <= BUDGET
    assert progress.told == [(1, 1, "Attacking frames"), (1, 1, "Judging again from the lossless file, frames")]
    pixels = pipeline.open_media(tmp_path / "out.png").frame(0)
    rest = np.ones(forged.shape[:2], bool)
    rest[face_region(face.face, face.box, forged)] = False
    assert np.array_equal(pixels[rest], forged[rest])
    repeated = media_attack.attack_media(
        shipped, pipeline.open_media(image), tmp_path / "again.png", "pgd", QUICK, seed=3
    )
    assert repeated.written.id == found.written.id
    counts = attack_outcome_record(media_attack.outcome_of(found))["counts"]
    said = (counts["judged"], counts["called_fake_before"], counts["called_real_after"], counts["share"])
    assert said == (1, 1, 1, 1)
    assert 0 < counts["interval"][0] < counts["interval"][1] == 1


@pytest.mark.slow
def test_a_video_losslessly(clip: Path, shipped: Detector, tmp_path: Path) -> None:
    media = pipeline.open_media(clip)
    found = media_attack.attack_media(shipped, media, tmp_path / "out.mkv", "pgd", QUICK, frames=2)
    judged = pipeline.analyse(media, shipped, frames=2)
    assert list(found.frames) == [item.face.frame for item in judged] == [1, 4]
    assert np.allclose([f.before.logits for f in found.faces], [some(j.verdict).logits for j in judged], atol=1e-5)
    assert found.count_real() == found.count_real("after_frame") == len(found.predicted_fake) == 2
    written = pipeline.open_media(tmp_path / "out.mkv")
    assert (written.frames, written.fps, written.size) == (6, 12, media.size)
    for index, (one, two) in enumerate(zip(frames_of(media), frames_of(written), strict=True)):
        change = np.abs(one.astype(int) - two).max() / 255
        assert (0 < change <= BUDGET) if index in found.frames else change == 0
    assert found.linf <= BUDGET
    record = attack_outcome_record(media_attack.outcome_of(found))
    assert (record["file"]["id"], record["file"]["lossless"]) == (written.id, True)
    assert (record["video"]["before"]["label"], record["video"]["after"]["label"]) == ("fake", "real")
    json.dumps(record, allow_nan=False)
    assert (
        "2 face(s) judged, 2 called fake before; of these called real after, from the file: 2"
        in media_attack.summary(found)
    )


def test_a_video_as_h264_is_judged_from_what_the_coding_left(clip: Path, shipped: Detector, tmp_path: Path) -> None:
    media = pipeline.open_media(clip)
    found = media_attack.attack_media(shipped, media, tmp_path / "out.mp4", "fgsm", frames=1, crf=35)
    (face,) = found.faces
    assert not found.written.lossless
    assert some(face.linf) > BUDGET  # coding changes more than the attack may
    (again,) = pipeline.analyse(pipeline.open_media(tmp_path / "out.mp4"), shipped, frames=1)
    assert some(face.after_file).logits.tolist() == some(again.verdict).logits.tolist()


def test_a_face_at_the_border_is_attacked_through_its_reflection(
    forged: Array, shipped: Detector, tmp_path: Path
) -> None:
    _, top, right, _ = find_faces(forged)[0].box
    cut = np.ascontiguousarray(forged[round(top) - 2 :, : round(right) + 4])
    Image.fromarray(cut).save(tmp_path / "in.png")
    found = media_attack.attack_media(
        shipped, pipeline.open_media(tmp_path / "in.png"), tmp_path / "out.png", "pgd", QUICK, rounds=1
    )
    (face,) = found.faces
    corner = square_about(face.box, scale=CROP_SCALE)
    assert corner[1] < 0 or corner[0] + corner[2] > cut.shape[1]
    pixels = pipeline.open_media(tmp_path / "out.png").frame(0)
    seen = shipped.verdict(crop_square(pixels, face.box))
    assert seen.logits == pytest.approx(face.after_crop.logits, abs=1e-4)
    assert face.after_crop.label == "real"
    assert found.linf <= BUDGET


def test_a_face_crop_is_attacked_whole(forged: Array, shipped: Detector, tmp_path: Path) -> None:
    crop = find_faces(forged)[0].crop
    Image.fromarray(crop).save(tmp_path / "in.png")
    found = media_attack.attack_media(
        shipped, pipeline.open_media(tmp_path / "in.png"), tmp_path / "out.png", "pgd", QUICK
    )
    (face,) = found.faces
    assert face.face.is_precropped
    assert face.after_file is not None
    assert 0 < some(face.linf) <= BUDGET


def shifted(face: Face, frame: Array, by: float) -> Face:
    left, top, right, bottom = face.box
    box = (left + by, top, right + by, bottom)
    return Face(
        "",
        crop_square(frame, box),
        box,
        face.landmarks + np.asarray([by, 0], np.float32),
        face.frame,
        face.score,
        face.track,
    )


@pytest.mark.slow
def test_overlapping_faces_share_one_budget(
    image: Path, shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(frame: Array, *, index: int = 0) -> list[Face]:
        (face,) = find_faces(frame, index=index)
        return [face, shifted(face, frame, 30)]

    monkeypatch.setattr(media_module, "find_faces", two)
    monkeypatch.setattr(frame_module, "find_faces", two)
    found = media_attack.attack_media(shipped, pipeline.open_media(image), tmp_path / "out.png", "pgd", QUICK, rounds=2)
    assert len(found.faces) == 2
    assert found.linf <= BUDGET
    assert [face.face.track for face in found.faces] == [0, 1]


def test_where_the_face_is_found_elsewhere_it_is_attacked_there_about_the_original(
    forged: Array, shipped: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    (face,), looks = find_faces(forged), []

    def find(frame: Array) -> list[Face]:
        looks.append(frame)
        return [shifted(face, frame, 12)]

    def judge(detector: Detector, face: Face) -> pipeline.JudgedFace:
        verdict = detector.verdict(face.crop)
        # At the first look as if the shift had undone the attack.
        return pipeline.JudgedFace(
            face, replace(verdict, logits=np.asarray([0, 1], np.float32)) if len(looks) == 1 else verdict
        )

    monkeypatch.setattr(frame_module, "find_faces", find)
    monkeypatch.setattr(pipeline, "judge", judge)
    settings = {"eps": 16 / 255, **QUICK}
    work = AttackJob(shipped, "pgd", settings, 0, None, 4, NO_PROGRESS)
    changed, (outcome,) = attack_frame(work, forged, [face])
    assert (outcome.rounds, outcome.queries) == (2, 6)
    assert (outcome.before.label, some(outcome.after_frame).label) == ("fake", "real")
    assert outcome.box[0] == pytest.approx(face.box[0] + 12)
    assert np.abs(changed.astype(int) - forged).max() <= 16
    rest = np.ones(forged.shape[:2], bool)
    rest[face_region(face, outcome.box, forged)] = False
    assert np.array_equal(changed[rest], forged[rest])  # nothing of the first round is left
    assert not np.array_equal(looks[0][rest], forged[rest])


@pytest.mark.slow
def test_a_stop_keeps_what_is_done(clip: Path, shipped: Detector, tmp_path: Path) -> None:
    media = pipeline.open_media(clip)
    found = media_attack.attack_media(
        shipped,
        media,
        tmp_path / "out.mkv",
        "fgsm",
        frames=None,
        progress=RecordedProgress(after_steps(2)),
    )
    assert found.stopped
    assert found.frames == (0, 1)
    assert all(face.after_file is not None for face in found.faces)
    old, new = frames_of(media), frames_of(pipeline.open_media(tmp_path / "out.mkv"))
    assert [np.array_equal(one, two) for one, two in zip(old, new, strict=True)] == [False] * 2 + [True] * 4
    assert "Stopped" in media_attack.summary(found)


def test_nothing_is_written_without_a_face(shipped: Detector, tmp_path: Path) -> None:
    Image.new("RGB", (200, 150), "grey").save(tmp_path / "in.png")
    media = pipeline.open_media(tmp_path / "in.png")
    with pytest.raises(InputError, match=r"shows no face that can be judged in 1 frame\(s\); nothing was written"):
        media_attack.attack_media(shipped, media, tmp_path / "out.png", "fgsm")
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


def test_no_budget_changes_nothing(image: Path, forged: Array, shipped: Detector, tmp_path: Path) -> None:
    found = media_attack.attack_media(shipped, pipeline.open_media(image), tmp_path / "out.png", "fgsm", {"eps": 0})
    assert np.array_equal(pipeline.open_media(tmp_path / "out.png").frame(0), forged)
    assert (found.count_real(), found.linf, found.faces[0].rounds) == (0, 0, 1)
    said = media_attack.summary(found)
    assert all(f"{note} (1 of 1 faces)" in said for note in found.faces[0].notes)
    assert found.faces[0].notes


@pytest.mark.slow
def test_a_video_attacked_once_is_judged_from_both_files(clip: Path, shipped: Detector, tmp_path: Path) -> None:
    media, progress = pipeline.open_media(clip), RecordedProgress()
    found = media_attack.attack_files(
        shipped,
        media,
        tmp_path,
        "pgd",
        QUICK,
        frames=2,
        crf=40,
        stop_at=0.55,
        progress=progress,
    )
    assert found.lossy is not None
    assert [found.lossless.written.path.name, found.lossy.written.path.name] == [
        "forged-attacked.mkv",
        "forged-attacked.mp4",
    ]
    assert (found.lossless.written.lossless, found.lossy.written.lossless) == (True, False)
    assert progress.steps == [(1, 2), (2, 2)] * 3
    assert len(dict.fromkeys(what for *_, what in progress.told)) == 3
    assert sum(step.step == 1 for step in progress.emitted) == sum(face.rounds for face in found.lossless.faces)
    assert found.lossless.stop_at == 0.55
    again = pipeline.analyse(pipeline.open_media(tmp_path / "forged-attacked.mp4"), shipped, frames=2)
    lossy = found.verdicts("lossy")
    for verdict, item in zip(lossy, again, strict=True):  # here each face had a pass of its own: equal but for rounding
        assert some(verdict).logits == pytest.approx(some(item.verdict).logits, abs=1e-5)
    assert found.verdicts("before") == [face.before for face in found.lossy.faces]
    assert found.lossy.linf > found.lossless.linf
    assert np.array_equal(found.frame(4), pipeline.open_media(tmp_path / "forged-attacked.mkv").frame(4))
    record = files_outcome_record(media_attack.files_outcome(found))
    ids = record["lossy"]["file"]["id"], record["lossless"]["attack"]["stop_at"]
    assert ids == (found.lossy.written.id, 0.55)
    json.dumps(record, allow_nan=False)


@pytest.mark.slow
def test_shares_and_table_count_each_stage(clip: Path, shipped: Detector, tmp_path: Path) -> None:
    found = media_attack.attack_files(shipped, pipeline.open_media(clip), tmp_path, "fgsm", frames=2, lossy=False)
    rows = {row.stage: row for row in media_attack.fake_shares(found)}
    assert list(rows) == found.stages == ["before", "after_frame", "lossless"]
    assert (rows["before"].fake, rows["before"].judged, rows["before"].share) == (2, 2, 1)
    assert rows["lossless"].fake == 2 - found.lossless.count_real()
    for row in rows.values():
        assert row.interval[0] <= some(row.share) <= row.interval[1]
        assert row.interval[1] - row.interval[0] > 0.3, "two alike frames are little evidence"
    unjudged = replace(found.lossless, faces=tuple(replace(f, after_file=None) for f in found.lossless.faces))
    none = media_attack.fake_shares(AttackedFiles(unjudged))[-1]
    assert (none.judged, none.unjudged, none.share, none.interval) == (0, 2, None, (0, 1))
    table = attacked_faces_table(found)
    assert [row["frame"] for row in table] == [1, 4]
    for line, (face, coded) in zip(table, found.rows, strict=True):
        assert coded is None
        assert "lossy_score" not in line
        assert line["before_score"] == pytest.approx(face.before.p_fake, abs=1e-6)
        assert line["lossless_change"] == round(255 * some(face.linf)) == 16


def test_a_picture_goes_into_png_and_jpeg(image: Path, shipped: Detector, tmp_path: Path) -> None:
    found = media_attack.attack_files(shipped, pipeline.open_media(image), tmp_path, "pgd", QUICK, quality=30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forged-attacked.jpg", "forged-attacked.png"]
    assert some(found.lossy).written.coding == "JPEG, quality 30"
    assert some(found.lossless.faces[0].after_file).label == "real"
    assert media_attack.fake_shares(found)[0].interval == wilson(1, 1)


def test_a_name_of_eighty_emoji_is_cut(image: Path, shipped: Detector, tmp_path: Path) -> None:
    media = pipeline.open_media(image.read_bytes(), "\U0001f600" * 80 + ".png")
    media_attack.attack_files(shipped, media, tmp_path, "fgsm")
    stem = "\U0001f600" * 60 + "-attacked"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{stem}.jpg", f"{stem}.png"]


def test_what_an_attack_says_is_kept_with_its_face(image: Path, shipped: Detector, tmp_path: Path) -> None:
    found = media_attack.attack_files(shipped, pipeline.open_media(image), tmp_path, "fgsm", {"eps": 0})
    record = files_outcome_record(media_attack.files_outcome(found))["lossless"]["faces"][0]
    kept = [*found.lossless.faces[0].notes], [attacked_faces_table(found)[0]["notes"]], record["notes"]
    assert kept == (["Epsilon is 0: the face comes back unchanged."],) * 3


def test_only_a_lossless_file_is_coded_once_more(image: Path, shipped: Detector, tmp_path: Path) -> None:
    found = media_attack.attack_media(shipped, pipeline.open_media(image), tmp_path / "out.jpg", "fgsm")
    with pytest.raises(InputError, match=r"only a lossless file is coded once more; out.jpg is JPEG"):
        media_attack.recode(shipped, found, tmp_path / "again.jpg")


@pytest.mark.slow
@pytest.mark.skipif(not DEEPFAKE.is_file(), reason="the real deepfakes are not part of this project")
def test_a_real_fake_is_called_real_from_the_file(shipped: Detector, tmp_path: Path) -> None:
    settings = ATTACKS["pgd"].facts.presets["pinhasov2024"]
    begin = (frame for _, frame in pipeline.open_media(DEEPFAKE).source.read(tuple(range(4))))
    write_media(begin, tmp_path / "begin.mkv", fps=25)
    media = pipeline.open_media(tmp_path / "begin.mkv")
    found = media_attack.attack_media(shipped, media, tmp_path / "out.mkv", "pgd", settings, frames=1)
    assert found.count_real() == len(found.predicted_fake) > 0, "each frame that was predicted fake"
    assert found.linf <= BUDGET


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["attack", *map(str, arguments)], catch_exceptions=True)


def test_the_command_line(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    arguments = (clip, "--attack", "pgd", "--preset", "pinhasov2024", "--steps", 5, "--eps", 12, "--frames", 1)
    result = run(*arguments, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["attack"]["settings"]["steps"] == 5
    assert found["attack"]["settings"]["eps"] == pytest.approx(12 / 255)
    assert found["linf"] <= 12 / 255 + 1e-6
    assert found["media"]["bytes"] == clip.stat().st_size
    assert (found["file"]["name"], found["file"]["bytes"]) == ("out.mkv", out.stat().st_size)
    assert found["frames"] == [3]
    assert found["counts"]["judged"] == 1
    assert {"frame", "track", "box", "before", "after_crop", "after_frame", "after_file", "linf"} <= set(
        found["faces"][0]
    )


BAD = [
    (["--attack", "fgms", "--out", "a.mkv"], "there is no attack 'fgms'"),
    (["--attack", "fgsm", "--preset", "none", "--out", "a.mkv"], "fgsm has no preset 'none'; its presets are: "),
    (["--attack", "fgsm", "--steps", 5, "--out", "a.mkv"], "fgsm has no setting steps"),
    (["--attack", "fgsm", "--eps", 65, "--out", "a.mkv"], "eps has to lie between 0 and 64 /255; what came is 65"),
    (["--attack", "fgsm", "--frames", "0", "--out", "a.mkv"], "--frames is all, or a whole number from 1 on"),
    (["--attack", "fgsm", "--frames", "few", "--out", "a.mkv"], "what came is 'few'"),
    (["--attack", "fgsm", "--out", "a.avi"], "what came is 'a.avi'"),
    (["--attack", "fgsm", "--out", "a.png"], "a video is written as .mkv, .mp4 or .mov; what came is 'a.png'"),
    (["--attack", "fgsm", "--out", "none/a.mkv"], "the folder none does not exist"),
    (["--attack", "fgsm", "--crf", 60, "--out", "a.mp4"], "the CRF of H.264 has to lie between 0 and 51"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_options(
    options: list[object], words: str, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(clip, *options)
    assert isinstance(result.exception, InputError)
    assert words in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_file_itself_is_not_overwritten(clip: Path) -> None:
    result = run(clip, "--attack", "fgsm", "--out", clip)
    assert "is written into another file" in str(result.exception)
    assert pipeline.open_media(clip).frames == 6

"""What is judged of a file in a batch, without a socket."""

from __future__ import annotations

import json
import os
import pickle
import socket
from dataclasses import astuple, fields, replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
import torch
from made_calibrations import made_calibration
from media_files import image, long_video
from PIL import Image
from socket_watch import noted, watched

from core import attack_detectors, pipeline
from core.detectors import Detector
from core.detectors.calibration.store import save_calibration
from core.detectors.device import CHOICE, gpu_there
from core.engine.batch_run import Batch, run_batch
from core.engine.executor import FileLimits, too_long
from core.engine.file_judging import BatchSettings, FileJudge
from core.engine.job_table import JobTable
from core.engine.judging_batch import judging_batch
from core.media.decoder_threads import MAX_THREADS, decoder_threads, limit_decoder_threads
from core.media_attack import samples
from core.output.batch_table import rows_csv
from core.output.records import attack_answer_record
from core.selftest.stub_work import StubWork
from core.storage.code_fingerprint import code_fingerprint
from core.types import InputError
from core.types.attack_answer import ANSWERS
from core.types.file_rows import FileFindings, FileTask


def test_a_file_is_judged_attacked_and_explained_without_a_socket(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a batch opens no socket")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    watched(tmp_path / "watch", monkeypatch)
    settings = BatchSettings(attack="fgsm", maps=("saliency",), keep_faces=True)
    portrait = samples.sample("portrait.png", shipped)
    judge = pipeline.load_detector(shipped.name)  # calibrated, as in a worker
    (face,) = pipeline.analyse(pipeline.open_media(portrait), judge)
    assert face.verdict
    assert face.verdict.interval
    expected = attack_answer_record(pipeline.answer_attack(judge, face.face.crop, face.verdict))
    batch = judging_batch([portrait], tmp_path / "jobs.db", settings, workers=1)
    assert batch.version.endswith(code_fingerprint()[:12])
    assert shipped.card.sha256
    assert str(shipped.card.sha256)[:12] in batch.version
    found = run_batch(batch)
    assert (found.files, found.done) == (1, 1)
    assert set(noted(tmp_path / "watch")) == {"started", "reader"}, "the worker and its readers, and no socket"
    with JobTable(batch.table) as table:
        (row,) = table.rows()
        assert row.key
        record = json.loads(str(table.record(row.key)))
        assert table.artefact(row.key, "saliency.npy")
    assert (row.kind, row.faces, row.provenance) == ("image", 1, "unknown")
    assert (row.p_fake, row.p_low, row.p_high) == pytest.approx((face.verdict.p_fake, *face.verdict.interval), abs=1e-3)
    after = record["attack"]["attack_answer_after"]
    for name, one in expected.items():
        assert record["attack_answer"][name] == (pytest.approx(one, abs=1e-3) if isinstance(one, float) else one)
    assert row.attack_label == expected["label"]
    assert set(after) == set(expected)
    assert after["label"] in ANSWERS
    assert after["perturbed"] != expected["perturbed"], "of the attacked copy"
    assert set(record["provenance"]) == {"c2pa", "exif", "software", "perceptual_hash", "container"}
    assert record["attack"]["name"] == "fgsm"
    assert set(record["maps"]) == {"saliency"}


@pytest.mark.slow
@pytest.mark.usefixtures("_forked_workers")
def test_a_video_that_decodes_for_too_long_fails_alone(shipped: Detector, tmp_path: Path) -> None:
    """One worker: the picture that was sent to it behind the video is judged by the next."""
    folder, table = tmp_path / "media", tmp_path / "jobs.db"
    folder.mkdir()
    (folder / "a.png").write_bytes(image("PNG"))
    run_batch(replace(judging_batch([folder], table, BatchSettings()), executor="inline"))
    with JobTable(table) as jobs:
        (before,) = jobs.rows()
    long_video(folder / "b.mp4")
    (folder / "c.png").write_bytes(image("PNG", Image.new("RGB", (64, 64), "grey")))
    batch = judging_batch([folder], table, BatchSettings(), workers=1)
    found = run_batch(replace(batch, limits=FileLimits(seconds=3)))
    assert (found.files, found.done, found.failed, found.skipped, found.left) == (3, 1, 1, 1, 0)
    with JobTable(table) as jobs:
        first, video, picture = jobs.rows()
    assert astuple(first) == astuple(before)
    assert (video.state, video.reason) == ("failed", too_long(FileLimits(seconds=3)))
    assert (picture.state, picture.kind, picture.faces) == ("done", "image", 0)


class OpensSockets(StubWork):
    """Judge files as a stub does, but ask the net about them."""

    def __call__(self, task: FileTask) -> FileFindings:
        """Do one task, and open a socket."""
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        return super().__call__(task)


def test_a_socket_of_a_worker_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(tmp_path / "watch", monkeypatch)
    (tmp_path / "one.jpg").write_text("1")
    for work, sockets in ((StubWork(), 0), (OpensSockets(), 1)):
        table = tmp_path / f"{sockets}.db"
        assert run_batch(Batch([tmp_path / "one.jpg"], table, "v1", "{}", work, workers=1)).done == 1
        lines = noted(tmp_path / "watch")
        assert sum(line.startswith("socket.__new__") for line in lines) == sockets


def test_a_worker_elsewhere_computes_where_the_batch_was_told(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, "cpu")
    sent = pickle.dumps(judging_batch([], tmp_path / "jobs.db", BatchSettings()).work)
    monkeypatch.delenv(CHOICE)  # a process of another machine
    chosen: list[str | None] = []

    def load(name: str) -> Detector:
        chosen.append(os.environ.get(CHOICE))
        return shipped

    monkeypatch.setattr(pipeline, "load_detector", load)
    monkeypatch.setattr("core.engine.file_judging.FileJudge.__call__", lambda self, task: None)
    pickle.loads(sent).prepare()
    assert chosen == ["cpu"]


def test_workers_share_the_processors_of_the_machine_where_they_judge(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = judging_batch([], tmp_path / "jobs.db", BatchSettings(), workers=3).work
    monkeypatch.setattr(pipeline, "load_detector", lambda _: shipped)
    monkeypatch.setattr("core.engine.file_judging.FileJudge.__call__", lambda self, task: None)
    kept = torch.get_num_threads(), cv2.getNumThreads()
    try:
        for processors, share in ((2, 1), (9, 3), (24, 8)):  # of a node of a cluster, not of the runner's machine
            monkeypatch.setattr(os, "cpu_count", lambda: 64)  # of which an affinity leaves it so many
            monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: set(range(count)), raising=False)
            work.prepare()
            assert (torch.get_num_threads(), cv2.getNumThreads(), decoder_threads()) == (share, share, min(share, 4))
    finally:
        torch.set_num_threads(kept[0])
        cv2.setNumThreads(kept[1])
        limit_decoder_threads(MAX_THREADS)


def test_findings_of_an_old_calibration_are_not_kept_under_a_new_key(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "none.png")
    work = FileJudge(BatchSettings())
    work.prepare()
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    save_calibration(shipped, made_calibration())
    batch = judging_batch([tmp_path / "none.png"], tmp_path / "jobs.db", BatchSettings(), workers=1)
    old = replace(batch, work=work, executor="inline")
    with pytest.raises(InputError, match=f"a worker judged with .*, and this run is of {batch.judged_by}: "):
        run_batch(old)
    with JobTable(batch.table) as table:
        assert [row.state for row in table.rows()] == ["waiting"]
    work.prepare()
    assert run_batch(old).done == 1


@pytest.mark.skipif(not gpu_there(), reason="PyTorch finds no GPU here")
def test_a_batch_on_a_gpu_agrees_with_the_processor(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of one batch, by spawned workers: within 0.01 in [0, 1]."""
    found = {}
    for device in ("cpu", "cuda"):
        monkeypatch.setenv(CHOICE, device)
        file = samples.sample("portrait.png", shipped)
        batch = judging_batch([file], tmp_path / f"{device}.db", BatchSettings(), workers=1)
        assert run_batch(batch).done == 1
        with JobTable(batch.table) as table:
            found[device] = table.rows()[0].p_fake
    assert found["cuda"] == pytest.approx(found["cpu"], abs=0.01)


@pytest.mark.slow
@pytest.mark.usefixtures("_forked_workers")
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_both_executors_judge_equally(shipped: Detector, tmp_path: Path) -> None:
    """One worker each, so that both have the same threads: equal rows, scores to the last of their six digits."""
    folder = tmp_path / "media"
    folder.mkdir()
    face = Image.open(samples.sample("portrait.png", shipped)).convert("RGB").resize((256, 256))
    face.save(folder / "face.png")
    Image.new("RGB", (64, 64), "grey").save(folder / "none.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    tables = []
    for executor in ("local", "ray"):
        batch = judging_batch([folder], tmp_path / f"{executor}.db", BatchSettings(), workers=1)
        found = run_batch(replace(batch, executor=executor))
        assert (found.files, found.done, found.failed) == (3, 2, 1)
        with JobTable(batch.table) as table:
            tables.append(rows_csv(table.rows()))
    assert tables[0] == tables[1]
    assert "face.png,image,1," in tables[0]


def test_only_a_chosen_attack_detector_is_a_part_of_the_settings() -> None:
    """The default's name and none make the same key."""
    default = BatchSettings("a", attack="adaptive-detector")
    assert set(json.loads(default.text())) == {one.name for one in fields(default)} - {"attack_detector"}
    assert default.evaded().name == attack_detectors.DEFAULT
    assert (
        BatchSettings("a", attack="adaptive-detector", attack_detector=attack_detectors.DEFAULT).text()
        == default.text()
    )
    chosen = BatchSettings("a", attack="adaptive-detector", attack_detector="zebra")
    assert json.loads(chosen.text())["attack_detector"] == "zebra"
    with pytest.raises(InputError, match="no attack detector 'zebra'"):
        chosen.evaded()

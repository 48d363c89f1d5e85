"""What is judged of a file in a batch, without a socket."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from core.detectors import Detector
from core.engine.batch_run import run_batch
from core.engine.file_judging import BatchSettings
from core.engine.job_table import JobTable
from core.engine.judging_batch import judging_batch
from core.media_attack import samples
from core.storage.code_fingerprint import code_fingerprint
from core.types.attack_answer import ANSWERS


def test_a_file_is_judged_attacked_and_explained_without_a_socket(
    shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a batch opens no socket")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    settings = BatchSettings(attack="fgsm", maps=("saliency",))
    batch = judging_batch([samples.sample("portrait.png", shipped)], tmp_path / "jobs.db", settings)
    assert batch.version.endswith(code_fingerprint()[:12])
    assert shipped.card.sha256
    assert str(shipped.card.sha256)[:12] in batch.version
    found = run_batch(replace(batch, executor="inline"))
    assert (found.files, found.done) == (1, 1)
    with JobTable(batch.table) as table:
        (row,) = table.rows()
        assert row.key
        record = json.loads(str(table.record(row.key)))
        assert table.artefact(row.key, "saliency.npy")
    assert (row.kind, row.faces, row.provenance) == ("image", 1, "unknown")
    assert row.attack_label in ANSWERS
    assert set(record["provenance"]) == {"c2pa", "exif", "software", "perceptual_hash", "container"}
    assert record["attack"]["name"] == "fgsm"
    assert set(record["maps"]) == {"saliency"}

"""Uploads are let go once they are opened, and no session holds more than its quota."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_runs import page
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.engine.results import ResultKey
from core.media.images import encode_png
from core.types import Array, InputError, limits
from pages.parts.attack.long_results import LongResults, bytes_of
from pages.parts.detectors import weight_files
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session import uploads
from pages.parts.session.frames import read_frame
from pages.parts.session.session import Session
from pages.parts.session.uploads import BoundedUploads

ROOT = Path(__file__).resolve().parents[2]
KEY: ResultKey[str] = ResultKey("file attack", "a")


def held(manager: MemoryUploadedFileManager) -> int:
    return sum(len(file.data) for files in manager.file_storage.values() for file in files.values())


def test_an_upload_is_let_go_once_it_is_opened(small_picture: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    managers = set[MemoryUploadedFileManager]()  # a test's page has a new one at each run
    add = MemoryUploadedFileManager.add_file

    def noted(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        managers.add(self)
        add(self, session_id, file)

    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", noted)
    session, data = Session(), encode_png(small_picture)
    test = page("inspect", session).run()
    test.file_uploader[0].upload("face.png", data, "image/png").run()
    assert not test.exception
    assert session.job
    assert session.job.thread
    session.job.thread.join(60)
    assert session.media
    assert session.media.name == "face.png"
    assert [held(manager) for manager in managers] == [0]
    assert "until you open another file" in str(page("inspect").run().file_uploader[0].help)


def test_the_oldest_uploads_of_a_session_go_beyond_its_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SESSION_UPLOAD_BYTES", 1000)
    manager = MemoryUploadedFileManager("/upload")
    bounded = BoundedUploads(manager)
    for number in range(200):
        manager.add_file("one", UploadedFileRec(str(number), f"{number}.png", "image/png", bytes(300)))
    manager.add_file("other", UploadedFileRec("x", "a.png", "image/png", bytes(900)))
    assert list(manager.file_storage["one"]) == ["197", "198", "199"]
    assert held(manager) == 1800
    assert bounded.gone("one") == bounded.gone("one") == ([f"{number}.png" for number in range(197)], 200 * 300)
    assert bounded.gone("other") == ([], 0)
    bounded.forget_gone("one")
    assert bounded.gone("one") == ([], 0)
    manager.add_file("one", UploadedFileRec("large", "a.mp4", "video/mp4", bytes(5000)))
    assert list(manager.file_storage["one"]) == ["large"], "the newest is always there for its page"


def test_files_that_went_are_named_with_what_came_and_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = BoundedUploads(MemoryUploadedFileManager("/upload"))
    went = [f"clip *{number}*.mp4" for number in range(7)]
    monkeypatch.setattr(bounded, "gone", lambda _: (list(went), 1_234 * 2**20))
    monkeypatch.setattr(bounded, "forget_gone", lambda _: went.clear())
    monkeypatch.setattr(uploads, "bound_uploads", lambda: bounded)
    test = page("queue").run()
    (said,) = test.run().warning  # it stays over reruns
    assert said.value.startswith("Not opened: 7 of the files that you chose (clip \\*0\\*\\.mp4, ")
    assert "1,234.0 MiB came, and no more than 400 MiB may wait" in said.value
    assert not test.button(key="gone-read").click().run().warning


def folder_of(results: LongResults, size: int) -> Path:
    folder = results.new_folder()
    (folder / "a.mkv").write_bytes(bytes(size))
    return folder


def test_the_files_of_a_session_keep_to_its_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SESSION_KEPT_BYTES", 1000)
    results, folders = LongResults(), list[Path]()
    for of in "abcd":
        folders.append(folder_of(results, 400))
        results.check_quota(folders[-1])
        results.keep(KEY._replace(of=of), of, folders[-1])
        results.discard(folders[-1])
    assert [folder.is_dir() for folder in folders] == [False, False, True, True]
    assert [results.get(KEY._replace(of=of)) for of in "abcd"] == [None, None, "c", "d"]
    large = folder_of(results, 1001)
    assert bytes_of(large) == 1001
    with pytest.raises(InputError, match=r"take 0\.0 GiB so far, and at most"):
        results.check_quota(large)
    results.discard(large)
    assert not large.is_dir(), "nothing stays of an attack that was stopped or failed"


def test_a_file_that_is_put_away_leaves_no_frame_behind(small_picture: Array) -> None:
    session = Session()
    found = read_frame(session, "a", 3, lambda: small_picture)
    session.results.put(KEY, "what was found")
    assert read_frame(session, "a", 3, lambda: small_picture.copy()) is found
    session.close()
    assert read_frame(session, "a", 3, lambda: small_picture.copy()) is not found
    assert session.results.get(KEY) == "what was found"


def test_pages_take_uploads_so_that_they_are_let_go() -> None:
    keeps = {
        path.name
        for path in (ROOT / "pages").rglob("*.py")
        if re.search(r"\bfiles?\.getvalue\(", path.read_text("utf-8"))
    }
    # A checkpoint may be tried as another layout, a photo compared with another face.
    assert keeps == {"uploads.py", "weight_files.py", "reference_photo.py"}


def test_a_refused_checkpoint_is_said_under_its_form_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    desk = Session()
    desk.page_state(DetectorsSettings).tab = "Weights"
    weight_files.start_check(desk, b"words only", "mine.h5", "meso4", None, added=lambda: None)
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join(60)
    test = page("detectors", desk).run()
    (error,) = test.error
    assert "is not a checkpoint" in error.value
    (form,) = (one for one in test.expander if one.label == "Add your own checkpoint")
    assert [one.value for one in form.error] == [error.value]

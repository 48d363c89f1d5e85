"""Ray actors do what local processes do: equal tables, on loopback alone, bad files and missing contents included."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image

from core.engine import ray_workers
from core.engine.batch_run import Batch, run_batch
from core.engine.executor import FileLimits
from core.engine.job_table import JobTable
from core.engine.ray_workers import RayWorkers
from core.output.batch_table import rows_csv
from core.selftest.stub_work import StubWork
from core.storage import leftovers
from core.types import InputError
from core.types.file_rows import FileOutcome, FileTask

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 300  # seconds, after which Ray will find no cluster any more


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    (tmp_path / "media").mkdir()
    for name in ("1", "2", "broken", "bug", "hang", "kill", "huge"):
        (tmp_path / "media" / f"{name}.jpg").write_text(name)
    return Batch([tmp_path / "media"], tmp_path / "local.db", "v1", "{}", StubWork(), limits=FileLimits(2, 512))


def table_of(batch: Batch) -> str:
    with JobTable(batch.table) as table:
        return rows_csv(table.rows())


def test_ray_is_an_extra(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="pip install ray; without it, --executor local does the same"):
        run_batch(replace(batch, executor="ray"))
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    with pytest.raises(InputError, match="no Ray cluster answers at 127.0.0.1:1"):
        run_batch(replace(batch, executor="ray", address="127.0.0.1:1"))
    with pytest.raises(InputError, match="an address is one of a Ray cluster; the executor here is local"):
        replace(batch, address="10.0.0.1:6379")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_both_executors_give_equal_tables(batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_batch(batch)
    started, init = list[RayWorkers](), RayWorkers.__init__

    def watched(self: RayWorkers, *args: object) -> None:
        init(self, *args)  # type: ignore[arg-type]
        started.append(self)
        assert {node["NodeManagerAddress"] for node in self._ray.nodes()} == {"127.0.0.1"}
        assert _outcome_of_a_file_that_is_not_there(self, tmp_path) == "by content is broken"

    monkeypatch.setattr(RayWorkers, "__init__", watched)
    other = replace(batch, executor="ray", table=tmp_path / "ray.db")
    found = run_batch(other)
    assert (found.files, found.done, found.failed) == (7, 2, 5)
    assert table_of(other) == table_of(batch)
    assert "longer than the 2 s of processor time" in table_of(other)
    assert len(started) == 1
    assert started[0]._folder
    assert not Path(started[0]._folder).exists()


HEAD = """
import sys, ray
own = {"_node_ip_address": "127.0.0.1", "_temp_dir": sys.argv[1], "object_store_memory": 128 << 20}
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, **own)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a cluster of one node, that another process has started on loopback."""
    folder = tempfile.mkdtemp(prefix="ray-")  # sockets lie in it, whose paths are short
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # no token is written into somebody's home
    own = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", HEAD, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **own, "PYTHONPATH": path},
    ) as head:
        assert head.stdout
        yield head.stdout.readline().strip()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_a_batch_runs_on_a_cluster_by_its_address(tmp_path: Path, cluster: str) -> None:
    """In a process of its own: Ray reads how it finds its own address when it is imported."""
    (tmp_path / "media").mkdir()
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "media" / "none.png")
    (tmp_path / "media" / "broken.jpg").write_bytes(b"no picture")
    assert cluster.startswith("127.0.0.1:")
    table = tmp_path / "ray.db"
    command = [sys.executable, "-m", "core", "batch", "run", str(tmp_path / "media"), "--out", str(table)]
    options = ["--executor", "ray", "--address", cluster, "--workers", "1", "--json"]
    ended = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=True, cwd=ROOT, timeout=DEADLINE)
    found = json.loads(ended.stdout)
    assert (found["files"], found["done"], found["failed"]) == (2, 1, 1)
    with JobTable(table) as opened:
        rows = {row.name: row for row in opened.rows()}
    assert (rows["none.png"].state, rows["none.png"].faces) == ("done", 0)
    assert "broken.jpg" in str(rows["broken.jpg"].reason)
    ray_workers._check_reach(cluster)  # it outlives the runner that leaves it


NO_ROUTE, HERE, LOOPBACK = "", "192.0.2.7", ray_workers._LOOPBACK


@pytest.mark.parametrize(
    ("route", "name", "answers", "expected"),
    [
        (HERE, "127.0.0.1", {"127.0.0.1"}, LOOPBACK),
        (HERE, "127.0.0.1", {"127.0.0.1", HERE}, {}),
        (HERE, "", {"127.0.0.1", HERE}, {}),
        (NO_ROUTE, HERE, {"127.0.0.1", HERE}, {}),
        (NO_ROUTE, HERE, {"127.0.0.1"}, LOOPBACK),
        (NO_ROUTE, "127.0.1.1", {"127.0.0.1", "127.0.1.1"}, LOOPBACK),
        (NO_ROUTE, "", {"127.0.0.1"}, {}),
    ],
)
def test_loopback_is_kept_where_the_cluster_has_no_other_address(
    route: str, name: str, answers: set[str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: socket.socket, _: object) -> None:
        assert self.type == socket.SOCK_DGRAM, "which sends nothing"
        if not route:
            raise OSError("no route")

    def look_up(_: str) -> str:
        if not name:
            raise socket.gaierror("not known")
        return name

    def ask(place: tuple[str, int], _: float) -> socket.socket:
        if place[0] not in answers:
            raise ConnectionRefusedError
        return socket.socket()

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "getsockname", lambda _: (route, 1))
    monkeypatch.setattr(socket, "gethostbyname", look_up)
    monkeypatch.setattr(socket, "create_connection", ask)
    for address in ("127.0.0.1:6379", "localhost:6379", "[::1]:6379"):
        assert ray_workers._kept_loopback(address) == expected
    for address in ("10.0.0.1:6379", "[2001:db8::1]:6379", "auto"):
        assert ray_workers._kept_loopback(address) == {}


def test_an_address_of_ipv6_is_asked_without_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[object]()

    def ask(place: tuple[str, int], _: float) -> socket.socket:
        asked.append(place)
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", ask)
    ray_workers._check_reach("[::1]:6379")
    assert asked == [("::1", 6379)]


def _outcome_of_a_file_that_is_not_there(workers: RayWorkers, folder: Path) -> str | None:
    """The actor has another file at that path, as on a cluster: it is sent the content."""
    (folder / "elsewhere").write_text("broken, but read here")
    while not workers.room:
        assert not workers.poll(1)
    workers.submit(FileTask("key", "0" * 64, folder / "elsewhere", "by content"))
    due = time.monotonic() + 60
    while time.monotonic() < due:
        for outcome in workers.poll(1):
            return outcome.reason
    return "nothing came"


class PendingRay(ModuleType):
    """Stand in for a cluster with room for fewer actors than were wanted: each call is a reference, ready or not."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayActorError=RuntimeError)
        self.ready: set[object] = set()
        self.calls: list[tuple[str, object]] = []
        self.asked: dict[str, object] = {}

    def init(self, **how: object) -> None:
        self.asked = {**how, "usage": os.environ.get("RAY_USAGE_STATS_ENABLED")}

    def remote(self, **_: object) -> object:
        def call(name: str) -> object:
            def made(*_: object) -> object:
                self.calls.append((name, reference := object()))
                return reference

            return SimpleNamespace(remote=made)

        actor = SimpleNamespace(ready=call("ready"), do=call("do"))
        return lambda _: SimpleNamespace(remote=lambda *_: actor)

    def put(self, value: object) -> object:
        return value

    def wait(self, references: list[object], **_: object) -> tuple[list[object], list[object]]:
        return [one for one in references if one in self.ready][:1], []

    def get(self, _: object) -> FileOutcome:
        return FileOutcome("key", None, "done")

    def kill(self, _: object) -> None:
        self.calls.append(("kill", None))

    def shutdown(self) -> None:
        self.calls.append(("shutdown", None))


@pytest.fixture
def pending_ray(monkeypatch: pytest.MonkeyPatch) -> PendingRay:
    made = PendingRay()
    monkeypatch.setitem(sys.modules, "ray", made)
    return made


def test_ray_starts_without_pages_and_statistics(pending_ray: PendingRay) -> None:
    RayWorkers(StubWork(), 2, FileLimits()).close()
    assert pending_ray.asked["include_dashboard"] is False
    assert pending_ray.asked["usage"] == "0"
    assert pending_ray.asked["_node_ip_address"] == "127.0.0.1"


def test_rays_folder_is_swept_once_its_owner_is_gone(
    pending_ray: PendingRay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("n" * 90)  # no socket below it would have a path that is short enough
    long.mkdir()
    for place in (tmp_path, long):
        monkeypatch.setattr("tempfile.tempdir", str(place))
        workers = RayWorkers(StubWork(), 1, FileLimits())
        folder = Path(str(pending_ray.asked["_temp_dir"]))
        (folder / "session_1" / "sockets").mkdir(parents=True)
        assert len(os.fsencode(folder)) <= ray_workers.LONGEST
        leftovers.sweep(folder.parent)
        assert folder.is_dir(), "its owner lives"
        with monkeypatch.context() as patched:
            patched.setattr(leftovers, "_lives", lambda pid, born: pid != os.getpid())
            leftovers.sweep_at_start()
        assert not folder.exists()
        workers.close()


def test_a_file_waits_for_an_actor_that_is_ready(pending_ray: PendingRay, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    workers = RayWorkers(StubWork(), 2, FileLimits(1))
    assert (workers.room, workers.poll(0)) == (0, []), "no actor has its place yet"
    now[0] += 500
    pending_ray.ready.add(pending_ray.calls[0][1])
    assert (workers.poll(0), workers.room) == ([], 1), "one is ready, the other has no place"
    workers.submit(FileTask("key", "0" * 64, Path("a"), "a"))
    assert (workers.poll(0), workers.room) == ([], 0)
    now[0] += 4.9
    assert workers.poll(0) == [], "its clock has begun with the ready actor"
    now[0] += 0.2
    (outcome,) = workers.poll(0)
    assert "longer than the 1 s" in str(outcome.reason)
    assert [name for name, _ in pending_ray.calls] == ["ready", "ready", "do", "kill", "ready"]
    assert workers.room == 0, "the new actor is not ready"
    now[0] += 700
    with pytest.raises(InputError, match="no worker of Ray got ready within 600 s; what was done is kept"):
        workers.poll(0)
    workers.close()


def test_a_task_in_an_actor_ends_with_its_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_workers, "limit_memory", lambda _: None)  # this process is no actor's
    (tmp_path / "a").write_text("hang")
    before = resource.getrlimit(resource.RLIMIT_CPU), signal.getsignal(signal.SIGXCPU)
    judge = ray_workers._RayJudge(StubWork(), FileLimits(0.01))
    outcome = judge.do(FileTask("key", "0" * 64, tmp_path / "a", "a", b"hang"))
    assert outcome
    assert outcome.reason == "it took longer than the 0.01 s of processor time that a file may take"
    assert (resource.getrlimit(resource.RLIMIT_CPU), signal.getsignal(signal.SIGXCPU)) == before
    assert signal.alarm(0) == 0, "an idle actor is not ended"


def test_an_actor_asks_for_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_workers, "limit_memory", lambda _: None)  # this process is no actor's
    (tmp_path / "a").write_text("a")
    task = FileTask("key", "0" * 64, tmp_path / "a", "a")
    judge = ray_workers._RayJudge(StubWork(), FileLimits())
    assert judge.do(task) is None
    assert judge.do(replace(task, path=tmp_path / "none")) is None
    outcome = judge.do(replace(task, content=b"broken"))
    assert outcome
    assert outcome.reason == "a is broken"

"""Try tampered evidence bundles, and kills of a program that writes a case."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..cases.bundle import export_case
from ..cases.case_folder import CaseFolder, new_case, open_case
from ..cases.case_values import Exhibit, NewResult
from ..cases.case_versions import machine, versions
from ..cases.chain import utc_now
from ..cases.comparison import ARRAYS
from ..cases.replay import RECORD, SETTINGS
from ..cases.signing import own_key
from ..cases.verification import verify
from ..storage.leftovers import temporary_folder
from .bundle_tampers import TAMPERS, files_of, packed
from .resigned_bundle import SIGNER_TAMPERS
from .tally import Tally

EACH = 25  # kills of writers to one case: verifying takes longer the longer it is
_WEIGHTS = {"made-detector": "a" * 64}


def tampered_bundles(tally: Tally, seed: int) -> None:
    """Change a bundle in every way in turn.

    Each change is found, named and located; one that was signed anew by its signer, which is compared with ours.
    """
    rng, tampers = np.random.default_rng(seed), {**TAMPERS, **SIGNER_TAMPERS}
    kinds = list(tampers)
    with _own_key() as folder:
        bundle = folder / "bundle.zip"
        export_case(_made_case(folder / "case", rng), bundle)
        if not verify(bundle).ok:
            tally.fail("wrong", "the bundle as it was exported is called changed")
        for number in tally.trials():
            files, kind = files_of(bundle), kinds[number % len(kinds)]
            what, places = tampers[kind](files, rng)
            signer = own_key() if kind in SIGNER_TAMPERS else None
            found = {(one.what, one.where) for one in verify(packed(files, folder / "bad.zip"), signer=signer).findings}
            if missed := [place for place in places if (what, place) not in found]:
                tally.fail("wrong", f"{kind}: {what} at {missed} was reported as {sorted(found)}")


def kills_of_case_writers(tally: Tally, seed: int) -> None:
    """Kill a program that adds files and results to a case.

    What it had reported is there, the case is whole, nothing is left over.
    """
    rng = np.random.default_rng(seed)
    with _own_key() as folder:
        case, told = new_case(folder / "case", "Kills", actor="w"), set[str]()
        for number in tally.trials():
            if number and number % EACH == 0:
                case, told = new_case(folder / f"case{number}", "Kills", actor="w"), set()
            told |= _kill_writer(case, folder / "file", rng)
            if found := verify(case.root).findings:
                tally.fail("wrong", f"after a kill: {found}")
            case.note("after")
            state = case.state()
            kept = {f"add {one.sha256}" for one in state.exhibits} | {f"keep {one.exhibit}" for one in state.results}
            if not told <= kept:
                tally.fail("wrong", f"lost: {sorted(told - kept)}")
            if not verify(case.root).ok:
                tally.fail("wrong", "the case is not whole after its next entry")


def _kill_writer(case: CaseFolder, file: Path, rng: np.random.Generator) -> set[str]:
    """Kill a process that writes; return what it reported as kept."""
    here, there = os.pipe()
    process = os.fork()
    if not process:
        _write_for_ever(case.root, file, there)
    os.close(there)
    with os.fdopen(here) as reports:
        told = {reports.readline().strip()}
        time.sleep(rng.uniform(0, 0.05))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        told |= {line.strip() for line in reports if line.endswith("\n")}
    return told


def _write_for_ever(root: Path, file: Path, reports: int) -> None:
    """Add files to a case and report each that is kept."""
    try:
        case = open_case(root, actor="w")
        while True:
            file.write_bytes(os.urandom(5000))
            exhibit, _ = case.add_file(file)
            os.write(reports, f"add {exhibit.sha256}\n".encode())
            _keep(case, exhibit, np.random.default_rng(0))
            os.write(reports, f"keep {exhibit.sha256}\n".encode())
    finally:
        os._exit(1)


def _made_case(root: Path, rng: np.random.Generator) -> CaseFolder:
    """Make a case of two exhibits with results, notes, a mark and a conclusion."""
    made = new_case(root, "A made case", actor="Ada")
    for number in range(2):
        file = root.parent / f"file{number}.png"
        file.write_bytes(rng.bytes(400))
        exhibit, _ = made.add_file(file)
        _keep(made, exhibit, rng)
    first = made.state().exhibits[0].sha256
    made.note("Looks soft about the mouth.", first)
    made.note("Seen twice.")
    made.mark(first, "look again")
    made.conclude("moderate", "Bela", tool=[("E1", "file0.png", "Likely manipulated")])
    return made


def _keep(case: CaseFolder, exhibit: Exhibit, rng: np.random.Generator) -> None:
    """Keep a made result of an exhibit."""
    arrays, now = io.BytesIO(), utc_now()
    np.savez(arrays, map=rng.random((4, 4)))
    said = NewResult(
        settings={"seed": 7},
        versions=versions(),
        weights=_WEIGHTS,
        machine=machine(),
        started=now,
        ended=now,
        zone="UTC (+0000)",
        sha256_before=exhibit.sha256,
        sha256_after=exhibit.sha256,
        detector={},
    )
    own = {name: getattr(said, name) for name in ("settings", "weights", "versions", "machine")}
    files = {RECORD: b"{}", ARRAYS: arrays.getvalue(), "crop.png": rng.bytes(300)}
    case.keep_result(exhibit, said, {**files, SETTINGS: json.dumps(own).encode()})


@contextlib.contextmanager
def _own_key() -> Iterator[Path]:
    """Yield a temporary folder in which this program's signing key lies meanwhile."""
    before = os.environ.get("PROSOPON_CONFIG")
    with temporary_folder() as folder:
        os.environ["PROSOPON_CONFIG"] = str(folder / "config")
        try:
            yield folder
        finally:
            if before is None:
                del os.environ["PROSOPON_CONFIG"]
            else:
                os.environ["PROSOPON_CONFIG"] = before

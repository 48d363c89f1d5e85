"""Judge folders of files: python -m core batch run, status, export."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..types import InputError
from ..types.limits import QUEUE_FILE_MEMORY
from . import common
from .common import Frames, Json, OnDevice, Seed, say, show

app = common.group("Judge many files, resumably, and export one row a file.")
Table = Annotated[Path, typer.Argument(help="The job table that `batch run --out` wrote.")]
KeepFaces = Annotated[bool, typer.Option(help="Keep faces in the table: another detector then opens no file.")]
Signature = Annotated[bool, typer.Option(help="Place each file's face among the references; maps bring it too.")]
Memory = Annotated[int, typer.Option(min=256, help="MiB that one file may take beyond the model.")]


class ExecutorName(StrEnum):
    """Name what runs the tasks."""

    local = "local"
    ray = "ray"


@app.command()
def run(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of images and videos.")],
    out: Annotated[Path, typer.Option("--out", help="The job table, a file; an earlier run goes on.")],
    executor: Annotated[ExecutorName, typer.Option(help="Processes here, or Ray actors.")] = ExecutorName.local,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Files judged at a time.")] = 2,
    address: Annotated[str, typer.Option(help="A Ray cluster, such as 10.0.0.1:6379; else Ray runs here.")] = "",
    frames: Frames = 16,
    attack: Annotated[str | None, typer.Option(help="An attack on each file's face, towards real.")] = None,
    attack_detector: common.AttackDetectorName = None,
    maps: Annotated[str, typer.Option(help="quick, all, none, or names joined by commas.")] = "none",
    signature: Signature = False,
    detector: common.Detector = None,
    seed: Seed = 0,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Processor seconds that one file may take: 60, with attack or maps 600.")
    ] = None,
    memory: Memory = QUEUE_FILE_MEMORY,
    again: Annotated[bool, typer.Option("--again", help="Try failed files once more.")] = False,
    keep_faces: KeepFaces = True,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Judge every file of folders; what is finished is never done again.

    done and failed are files of this run, skipped those that an earlier run finished and those that were not followed.
    """
    from dataclasses import replace

    from ..detectors import DEFAULT
    from ..engine.batch_run import run_batch
    from ..engine.executor import FileLimits
    from ..engine.file_judging import BatchSettings
    from ..engine.judging_batch import judging_batch
    from ..output.batch_table import counts_record
    from .attack_file import stopping
    from .line_progress import LineProgress
    from .options import evaded_detector, map_names

    evaded_detector(attack_detector, attack)
    asked = (detector or DEFAULT, frames, attack or "", map_names(maps), seed)
    settings = BatchSettings(*asked, keep_faces=keep_faces, signature=signature, attack_detector=attack_detector or "")
    batch = judging_batch(folders, out, settings, workers=workers)
    limits = FileLimits(seconds or batch.limits.seconds, memory)
    batch = replace(batch, executor=executor.value, address=address, limits=limits, again=again)
    with stopping() as stop:
        found = run_batch(batch, LineProgress(stop))
    if found.left:
        say(f"stopped: {found.left} files are left; the same command goes on")
    _show_counts(counts_record(found), as_json=json_)


def _show_counts(record: Mapping[str, object], *, as_json: bool) -> None:
    show(record if as_json else ", ".join(f"{value} {name}" for name, value in record.items()), as_json=as_json)


@app.command()
def status(table: Table, json_: Json = False) -> None:
    """Count the files of a job table by their state."""
    from ..engine.job_table import JobTable
    from ..output.batch_table import states_record

    with JobTable(table) as opened:
        record = states_record(opened.rows())
    _show_counts(record, as_json=json_)


@app.command()
def export(
    table: Table,
    csv: Annotated[Path | None, typer.Option("--csv", help="A CSV file to write.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="A Parquet file to write.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for records, maps and attacked pictures.")] = None,
) -> None:
    """Write one row a file, as CSV (text like a formula gets an apostrophe) or Parquet; or all results.

    --out has a folder for each finished file, named by its SHA-256 and its result's key: record.json, each map as NPY
    and PNG, attacked.png.
    """
    from ..engine.batch_results import write_results
    from ..engine.job_table import JobTable
    from ..output.batch_table import rows_csv, write_parquet
    from ..storage.files import atomic_write, check_place, written_or_said
    from .line_progress import LineProgress

    if csv is None and parquet is None and out is None:
        raise InputError("an export is written by --csv FILE, --parquet FILE or --out DIR; none came")
    for to in (csv, parquet):
        if to is not None:
            check_place(to)
    with (
        JobTable(table) as opened,
        written_or_said(f"{table.name} has all rows, and the same command writes them again"),
    ):
        rows = opened.rows()
        if csv is not None:
            atomic_write(csv, rows_csv(rows))
        if parquet is not None:
            write_parquet(rows, parquet)
        if csv or parquet:
            say(f"{len(rows)} rows written")
        if out is not None:
            files, folders = write_results(opened, rows, out, progress=LineProgress())
            say(f"{files} files written for {folders} finished files")

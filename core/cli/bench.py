"""Compare ours with the libraries, in one run: python -m core bench attacks --json."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..types import InputError
from .common import Json, OnDevice, Record, Seed, group, show
from .line_progress import LineProgress
from .recording import check_record, keep

Pairs = Annotated[int, typer.Option(min=2, help="Pairs of runs, ours and the peer's in turn.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of each.")]
Faces = Annotated[
    Path | None,
    typer.Option("--data", help="A folder of face images; without it, forgeries of the shipped portrait."),
]

app = group("Measure speed and passes against the libraries, in turn, in one run.")


@app.command("attacks")
def bench_attacks(
    context: typer.Context,
    attacks: Annotated[str, typer.Option(help="all, or names joined by commas, such as pgd,deepfool.")] = "all",
    pairs: Pairs = 15,
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    faces: Annotated[int, typer.Option(min=1, help="Faces on which passes and success are counted.")] = 16,
    data: Faces = None,
    seed: Seed = 0,
    threads: Threads = 1,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Compare attacks with torchattacks and, if installed, foolbox: time, passes, success."""
    from ..bench import attack_bench as bench
    from ..detectors import DEFAULT
    from ..pipeline import load_detector

    place = check_record(context, detector or DEFAULT, record, kind="bench-attacks", data=data)
    found = bench.measure(
        load_detector(detector or DEFAULT),
        names=bench.names_of(attacks),
        pairs=pairs,
        count=faces,
        data=data,
        seed=seed,
        threads=threads,
        progress=LineProgress(),
    )
    _show(found, bench.table(found), as_json=json_)
    keep(found, place)


def _show(found: object, table: str, *, as_json: bool) -> None:
    from ..output.value_records import value_record

    show(value_record(found) if as_json else table, as_json=as_json)


@app.command("maps")
def bench_maps(
    context: typer.Context,
    maps: Annotated[str, typer.Option(help="all, or names joined by commas, such as lrp,shap.")] = "all",
    pairs: Pairs = 15,
    detectors: Annotated[
        str | None, typer.Option(help="Names joined by commas; random weights of the layout where none are installed.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = 1,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Compare maps with captum, zennit and shap, and measure their overhead in the pipeline.

    Costs are in units of the detector's own forward and backward pass. By default on the default detector and on
    Xception.
    What is recorded goes to the first of the detectors.
    """
    from ..bench import map_bench as bench
    from ..detectors import DEFAULT, DETECTORS

    chosen = (DEFAULT, bench.XCEPTION) if detectors is None else tuple(name.strip() for name in detectors.split(","))
    for name in chosen:
        DETECTORS[name]
    place = check_record(context, chosen[0], record, kind="bench-maps", data=None)
    found = bench.measure(bench.names_of(maps), chosen, pairs=pairs, seed=seed, on=threads, progress=LineProgress())
    _show(found, bench.table(found), as_json=json_)
    keep(found, place)


@app.command("detectors")
def bench_detectors(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A registered detector; the default one if not given.")] = None,
    beside: Annotated[str, typer.Option(help="The detector whose cost is 1.")] = "resnet-blend",
    pairs: Pairs = 15,
    threads: Threads = 1,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Compare the cost of one face's verdict by two detectors, in turn."""
    from ..bench import detector_bench as bench
    from ..detectors import DEFAULT
    from ..pipeline import load_detector

    place = check_record(context, name or DEFAULT, record, kind="bench-detectors", data=None)
    found = bench.measure(load_detector(name or DEFAULT), load_detector(beside), pairs=pairs, on=threads)
    _show(found, bench.table(found), as_json=json_)
    keep(found, place)


@app.command("pipeline")
def bench_pipeline(
    context: typer.Context,
    parts: Annotated[
        str,
        typer.Option(
            help="all, or names joined by commas, of files,apart,faces,verdict,maps,start,server,pages,memory,growth."
        ),
    ] = "all",
    pairs: Annotated[int, typer.Option(min=2, help="Pairs of runs in turn; of memory and growth 3 at most.")] = 9,
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of torch and OpenCV; as many as they choose if not given.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Small media, to try the command.")] = False,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Compare waits with the least they could take, such as a verdict with decoding.

    Media are made: the shipped face over a textured ground. Growth is the exponent of the cost over frames, faces,
    pixels and files. Pages are rerun by Streamlit's test runner: the server's side, without a browser.
    """
    from ..bench import pipeline_bench as bench
    from ..bench.pipeline_waits import SHORT
    from ..detectors import DEFAULT

    if short and record is not None:
        raise InputError("--short and --record do not go together: small media only try the command")
    place = check_record(context, detector or DEFAULT, record, kind="bench-pipeline", data=None)
    found = bench.measure(
        bench.parts_of(parts),
        detector or DEFAULT,
        pairs=pairs,
        threads=threads,
        sizes=SHORT if short else None,
        progress=LineProgress(),
    )
    _show(found, bench.table(found), as_json=json_)
    keep(found, place)


def _ends(interval: tuple[float, float] | None) -> str:
    return f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""


_MET = {True: "met", False: "not met", None: "left open by the interval"}


@app.command("queue")
def bench_queue(
    files: Annotated[int, typer.Option(min=4, help="Pictures that are judged in each sample.")] = 12,
    rounds: Annotated[int, typer.Option(min=3, help="Samples of the loop and of one and two workers, in turn.")] = 9,
    seed: Seed = 0,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Compare the queue with a plain loop, and two workers with one."""
    from ..engine.queue_speed import measure_queue
    from ..output.value_records import value_record

    found = measure_queue(files=files, rounds=rounds, seed=seed, progress=LineProgress())
    record = {**value_record(found), "rows": [{**value_record(row), "met": row.met} for row in found.rows]}
    lines = [
        f"{found.rounds} rounds of {found.files} files. Seconds a file of processor time: loop {found.loop_cpu:.3f}, "
        f"queue {found.queue_cpu:.3f}; by the clock: one worker {found.one_worker:.3f}, two {found.two_workers:.3f}"
    ]
    for row in found.rows:
        aim = f"aim {'at most' if row.most else 'at least'} {row.aim:g}, {_MET[row.met]}"
        lines.append(f"{row.what}: {row.value:.3f}{_ends(row.interval)} ({aim})")
    ends = _ends(found.plain_efficiency_interval)
    lines.append(f"efficiency of two plain loops: {found.plain_efficiency:.3f}{ends}")
    lines.append(
        f"seconds to all {found.dropped} rows: {found.all_rows:.3f}; at most {found.largest_gap:.3f} without a row"
    )
    show(record if json_ else "\n".join(lines), as_json=json_)

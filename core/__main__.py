"""Run the dashboard's steps from a terminal: python -m core COMMAND."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from .cli import batch, bench, case, evaluate, own_references, train, weights
from .cli.attack_file import attack as attack_file
from .cli.calibrate import calibrate
from .cli.common import AttackDetectorName, Frames, Json, OnDevice, Seed, say, show
from .cli.evaluate_maps import evaluate_maps
from .cli.evaluate_signatures import evaluate_signatures
from .cli.figure import figure
from .cli.given_settings import Given, given_settings, options_given
from .cli.models import models
from .cli.recognise_faces import bench_recogniser, evaluate_impersonation, evaluate_recogniser, recognise
from .cli.selftest import selftest
from .cli.study import study
from .cli.sweep import gradient, sweep
from .storage.leftovers import sweep_at_start
from .types import InputError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Prosopon: deepfake verdicts, adversarial attacks and maps of faces.",
)
app.command("attack")(attack_file)
app.command("calibrate")(calibrate)
app.command("figure")(figure)
app.command("models")(models)
app.command("recognise")(recognise)
app.command("selftest")(selftest)
app.command("study")(study)
evaluate.app.command("impersonation")(evaluate_impersonation)
evaluate.app.command("recogniser")(evaluate_recogniser)
evaluate.app.command("maps")(evaluate_maps)
evaluate.app.command("signatures")(evaluate_signatures)
bench.app.command("recogniser")(bench_recogniser)
evaluate.app.command("sweep")(sweep)
evaluate.app.command("gradient")(gradient)
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(weights.app, name="weights")
app.add_typer(batch.app, name="batch")
app.add_typer(bench.app, name="bench")
app.add_typer(case.app, name="case")
app.add_typer(own_references.app, name="signatures")


@app.command()
def analyse(
    file: Path,
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    attack: Annotated[str | None, typer.Option(help="An attack to put on each face, towards real.")] = None,
    eps: Annotated[float | None, typer.Option(help="The attack's budget, in 1/255 (0 to 64).")] = None,
    steps: Annotated[int | None, typer.Option(help="The attack's steps.")] = None,
    seed: Seed = 0,
    attack_detector: AttackDetectorName = None,
    maps: Annotated[
        str, typer.Option(help="quick (maps of a few dozen passes at most), all, none, or names joined by commas.")
    ] = "quick",
    frames: Frames = 16,
    set_: Given = None,
    out: Annotated[Path | None, typer.Option(help="A folder for crops, attacked crops and maps.")] = None,
    location: Annotated[bool, typer.Option("--location", help="Tell where the file says it was recorded.")] = False,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Analyse an image or a video: faces, verdicts, maps, an attack, signatures.

    attack_verdict is that of the face as it came, or of the attacked face where an attack was applied; it is null when
    the detector calls that face fake (the attack detector then does not apply).
    """
    from .attacks import ATTACKS
    from .cli import options
    from .output.analysis_record import analysis_record
    from .reports import file_analysis

    taken = options_given(eps=eps, steps=steps)
    if taken and attack is None:
        raise InputError(f"{' and '.join(taken.values())} set an attack, and no --attack came")
    names = options.map_names(maps)
    given = given_settings(set_, attacks=[attack] if attack else [], maps=names, taken=taken)
    if attack and steps is not None and not any(param.name == "steps" for param in ATTACKS[attack].params):
        say(f"{attack} has no steps: --steps is not used")
        steps = None
    found = file_analysis.analyse(
        file,
        detector=detector,
        attack=attack,
        settings=options.attack_settings(attack, eps=eps, steps=steps, given=given.get(attack or "")),
        seed=seed,
        maps=names,
        map_settings={name: given[name] for name in names},
        frames=frames,
        out=out,
        location=location,
        attack_detector=attack_detector,
    )
    show(analysis_record(found) if json_ else file_analysis.summary(found), as_json=json_)


def main() -> None:
    """Run the command line; bad input is one sentence on standard error, status 2."""
    sweep_at_start()
    try:
        app(prog_name="python -m core")
    except InputError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        print(f"{str(error.filename)[:40]}... is too long a name of a file", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()

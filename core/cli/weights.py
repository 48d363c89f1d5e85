"""Manage the detectors' weights: python -m core weights list, get, add, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..types import InputError
from .common import Json, group, say, show
from .line_progress import DownloadLine

if TYPE_CHECKING:  # the detectors take a second to import, which --help need not wait for
    from ..detectors.checkpoints.status import WeightsStatus

app = group("Published and own weights: what is there, and how to get more.")
PUBLISHED = {True: "as published", False: "not as published", None: ""}


@app.command("list")
def list_weights(json_: Json = False) -> None:
    """List every detector and its weights (in the folder PROSOPON_WEIGHTS)."""
    from ..detectors.checkpoints import status

    _show_all(status.states(), json_)


@app.command("get")
def get_weights(
    name: Annotated[str, typer.Argument(help="A registered detector, or all: every one that has an address.")],
    url: Annotated[str | None, typer.Option(help="Another address of the same file.")] = None,
    json_: Json = False,
) -> None:
    """Download published weights into the weights folder, resuming earlier downloads."""
    from ..detectors.checkpoints import status

    if name != "all":
        status.get(name, url=url, progress=DownloadLine(name))
        _show_one(status.state(name), json_)
        return
    if url:
        raise InputError("--url is the address of one file, and cannot be given with all")
    names = [known for known in status.detector_names() if status.card_of(known).url]
    failed = [known for known in names if not _got(known)]
    _show_all([status.state(known) for known in names], json_)
    if failed:
        raise InputError(f"{len(failed)} of {len(names)} could not be downloaded: {', '.join(failed)}")


@app.command("add")
def add_weights(
    file: Path,
    layout: Annotated[str, typer.Option(help="A layout, or a detector of that layout.")],
    name: Annotated[str | None, typer.Option(help="What to call it; by default made from the file's name.")] = None,
    json_: Json = False,
) -> None:
    """Add a checkpoint of yours as a detector: checked, then copied."""
    from ..detectors.checkpoints import status

    _show_one(status.add(file, layout, name), json_)


@app.command("remove")
def remove_weights(name: str) -> None:
    """Remove a checkpoint of yours."""
    from ..detectors.checkpoints import status

    status.remove(name)
    print(f"{name} was removed.")


def row(state: WeightsStatus) -> dict[str, Any]:
    """Record one detector's weights."""
    from ..detectors.checkpoints import status

    card = status.readable_card(state.name)
    return {
        "name": state.name,
        "title": state.title,
        "where": state.where,
        "file": str(state.path) if state.path else None,
        "sha256": state.sha256_of_file,
        "published": state.published,
        "licence": card.licence if card else None,
        "layout": card.layout if card else None,
        "url": card.url if card else None,
        "says": state.message,
    }


def _show_all(states: list[WeightsStatus], json_: bool) -> None:
    from ..storage.paths import weights_folder

    if json_:
        show({"folder": str(weights_folder()), "detectors": [row(state) for state in states]}, as_json=True)
        return
    print(f"The weights folder is {weights_folder()}.")
    for state in states:
        print(f"{state.name:32} {state.where:8} {PUBLISHED[state.published]:17} {state.path or ''}".rstrip())


def _show_one(state: WeightsStatus, json_: bool) -> None:
    show(row(state) if json_ else f"{state.name}: {state.path}\n{state.message}", as_json=json_)


def _got(name: str) -> bool:
    """Download one of several; an error is printed, and the others go on."""
    from ..detectors.checkpoints import status

    try:
        status.get(name, progress=DownloadLine(name))
    except InputError as error:
        say(str(error))
        return False
    return True

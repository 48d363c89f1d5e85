"""Show what is known of the models that ship: python -m core models."""

from __future__ import annotations

from typing import Annotated

import typer

from ..types import InputError


def models(
    write: Annotated[
        bool, typer.Option("--write", help="Write the page into assets/models/README.md instead of printing it.")
    ] = False,
) -> None:
    """Print each model's origin and measurements as Markdown."""
    from ..reports.model_readme import FILE, model_readme
    from ..storage.files import atomic_write
    from ..storage.paths import MODELS

    page = model_readme()
    if not write:
        print(page, end="")
        return
    try:
        atomic_write(MODELS / FILE, page)
    except OSError as error:
        raise InputError(f"{FILE} cannot be written into {MODELS}: {error.strerror or error}") from error
    print(f"{MODELS.name}/{FILE} was written.")

"""Show what is known of the models that ship: python -m core models."""

from __future__ import annotations

from typing import Annotated

import typer

from ..types import InputError


def models(
    write: Annotated[
        bool, typer.Option("--write", help="Write the page into assets/models/README.md, and README.md's tables.")
    ] = False,
) -> None:
    """Print each model's origin and measurements as Markdown."""
    from ..reports.model_readme import FILE, model_readme
    from ..reports.readme_tables import with_measured_part
    from ..storage.files import atomic_write_all
    from ..storage.paths import MODELS, README

    page = model_readme()
    if not write:
        print(page, end="")
        return
    try:
        whole = README.read_text("utf-8")
        atomic_write_all({MODELS / FILE: page, README: with_measured_part(whole)})
    except OSError as error:
        where = error.filename or f"{MODELS} and {README.parent}"
        raise InputError(f"{where} cannot be written: {error.strerror or error}") from error
    print(f"{MODELS.name}/{FILE} and the tables of {README.name} were written.")

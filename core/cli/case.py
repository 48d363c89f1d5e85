"""Keep cases: python -m core case new, add, note, conclude, export, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..types import InputError
from .common import Frames, Json, OnDevice, Seed, group, say, show
from .line_progress import LineProgress

if TYPE_CHECKING:
    from ..cases.case_folder import CaseFolder

app = group("Cases: originals, results and a log that shows every change; evidence bundles and reports.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The case's folder.")]
Bundle = Annotated[Path, typer.Argument(metavar="FILE", help="An evidence bundle: a .zip file or a folder.")]
Actor = Annotated[str | None, typer.Option(help="Who does this; else PROSOPON_ACTOR, else the account's name.")]
Exhibit = Annotated[str, typer.Option(help="An exhibit, such as E1; on the whole case where not given.")]


@app.command("new")
def new_case(
    folder: Folder,
    title: Annotated[str, typer.Option(help="What the case is called.")],
    question: Annotated[str, typer.Option(help="What is asked of the exhibits.")] = "",
    client: Annotated[str, typer.Option(help="Who asks.")] = "",
    examiner: Annotated[str, typer.Option(help="Who examines; else the actor.")] = "",
    actor: Actor = None,
) -> None:
    """Make a case in a new or empty folder."""
    from ..cases import case_folder

    made = case_folder.new_case(folder, title, question=question, client=client, examiner=examiner, actor=actor)
    show(f"case {made.state().facts.id} is in {folder}", as_json=False)


@app.command("add")
def add(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Images and videos.")],
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    attack: Annotated[str | None, typer.Option(help="An attack to put on each face, towards real.")] = None,
    maps: Annotated[str, typer.Option(help="quick, all, none, or names joined by commas.")] = "quick",
    frames: Frames = 16,
    seed: Seed = 0,
    device: OnDevice = None,
    actor: Actor = None,
) -> None:
    """Keep files in a case, each with its analysis. Originals are read-only, named by their hash.

    A file that cannot be analysed is kept with the reason, which is printed; the status is then 2.
    """
    case = _open(folder, actor)
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0].name!r} is no file that is there; nothing was added")
    from ..cases.kept_results import tool_words
    from ..detectors import DEFAULT
    from ..engine import case_work
    from . import options

    names = options.map_names(maps)
    how = case_work.CaseAnalysis(
        detector=detector or DEFAULT,
        attack=attack,
        attack_settings=options.attack_settings(attack),
        maps=names,
        map_settings={name: options.map_settings(name) for name in names},
        frames=frames,
        seed=seed,
    )
    case_work.weights_of(how.detector)  # refuses an unknown detector before anything is kept
    problems = case_work.add_to_case(case, [(path, path.name) for path in files], how, progress=LineProgress())
    state = case.state()
    for exhibit, name, words in tool_words(case, state):
        show(f"{exhibit} {_one_line(name)}: {words}", as_json=False)
    if problems:
        raise InputError("; ".join(problems))


@app.command("note")
def note(folder: Folder, text: str, exhibit: Exhibit = "", actor: Actor = None) -> None:
    """Write a note into a case's log."""
    case = _open(folder, actor)
    case.note(text, _hash_of(case, exhibit) if exhibit else "")


@app.command("mark")
def mark(
    folder: Folder,
    exhibit: Annotated[str, typer.Argument(help="An exhibit, such as E1.")],
    mark: Annotated[str, typer.Argument(help="manipulated, 'not manipulated' or 'look again'.")],
    actor: Actor = None,
) -> None:
    """Mark an exhibit; the last mark counts."""
    case = _open(folder, actor)
    case.mark(_hash_of(case, exhibit), mark)


@app.command("conclude")
def conclude(
    folder: Folder,
    scale: Annotated[str, typer.Option(help="inconclusive, weak, moderate, strong, very-strong, ...: the support.")],
    reviewer: Annotated[str, typer.Option(help="Who reviewed the conclusion: neither who concludes nor the examiner.")],
    toward: Annotated[str, typer.Option(help="What is supported: manipulated or not-manipulated.")] = "manipulated",
    text: Annotated[str, typer.Option(help="The conclusion in words of your own.")] = "",
    actor: Actor = None,
) -> None:
    """Log a person's conclusion on the verbal scale, with the tool's words beside it."""
    from ..cases import verbal_scale
    from ..cases.kept_results import tool_words

    case = _open(folder, actor)
    words = tool_words(case, case.state())
    found = case.conclude(scale, reviewer, tool=words, proposition=toward, words=text)
    show(verbal_scale.conclusion_sentence(found.scale, found.proposition), as_json=False)


@app.command("export")
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="A .zip file, or a new folder.")],
) -> None:
    """Write the evidence bundle, signed; the same case gives the same bytes again."""
    from ..cases.bundle import export_case

    show(f"{out}: manifest SHA-256 {export_case(_open(folder), out)}", as_json=False)


@app.command("verify")
def verify(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A bundle or a case.")],
    signer: Annotated[str | None, typer.Option(help="The public key that has to have signed, hexadecimal.")] = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Name what was changed in a bundle or a case. The status is 1 where anything was."""
    from ..cases import verification
    from ..cases.signing import own_key
    from ..output.value_records import value_record

    found, own = verification.verify(path, signer=signer), own_key()
    if json_:
        if found.signer != own:
            say(found.signer_words(own))
        show(value_record(found), as_json=True)
    else:
        lines = [f"{_one_line(one.where)}: {one.what}" for one in found.findings]
        lines.append(f"{'unchanged' if found.ok else 'CHANGED'}: {found.entries} entries, head {found.head}")
        show("\n".join([*lines, found.signer_words(own)]), as_json=False)
    if not found.ok:
        raise typer.Exit(1)


@app.command("replay")
def replay(path: Bundle, device: OnDevice = None, json_: Json = False) -> None:
    """Compute a bundle's results again and compare; the status is 1 where they differ.

    Bit-equal at the same code, packages, processor and threads; else within 1e-3, absolute and relative.
    """
    from ..cases.verification import verify as check
    from ..engine.case_work import replay_bundle
    from ..output.value_records import value_record

    if changes := len(check(path).findings):
        say(f"case verify finds {changes} change{'s' * (changes != 1)} of the bundle; what is there is computed again")
    found = replay_bundle(path, progress=LineProgress())
    for entry, tolerance in found.tolerance.items():
        say(f"entry {entry}: " + (f"within {tolerance:g}" if tolerance else "bit-equal, as all versions are the same"))
    for place in found.not_again:
        say(f"{place}: not computed again")
    outcome = found.outcome()
    if json_:
        show(value_record(outcome), as_json=True)
    else:
        lines = [f"{one.where}: kept {one.kept}, now {one.found}" for one in outcome.differences]
        show("\n".join([*lines, f"{found.compared} values compared, {len(lines)} differ"]), as_json=False)
    if not outcome.equal:
        raise typer.Exit(1)


@app.command("report")
def report(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="The PDF that is written.")],
    page: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
) -> None:
    """Write a report for somebody who never saw the tool."""
    from ..cases.report.write_report import write_report

    show(f"{out}: {write_report(_open(folder), out, page=page)} pages", as_json=False)


def _open(folder: Path, actor: str | None = None) -> CaseFolder:
    from ..cases import case_folder

    return case_folder.open_case(folder, actor=actor)


def _hash_of(case: CaseFolder, title: str) -> str:
    """Return the SHA-256 of an exhibit by its title, or refuse an unknown one."""
    exhibits = case.state().exhibits
    for one in exhibits:
        if one.title.lower() == title.lower():
            return one.sha256
    known = ", ".join(one.title for one in exhibits) or "none"
    raise InputError(f"the case has no exhibit {title!r}; it has: {known}")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

"""Make reference sets of one's own: python -m core signatures add NAME --data DIR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..types import InputError
from .common import Detector, Json, OnDevice, Seed, group, say, show
from .given_settings import names_in, sizes_in
from .line_progress import LineProgress

if TYPE_CHECKING:
    from ..engine.faces_to_add import FaceToAdd
    from ..types.own_set_values import FaceLabel

app = group("Reference sets of your own, which faces are compared with on Signatures.")
Name = Annotated[str, typer.Argument(help="Of the set: a-z, 0-9, - and _.")]
BUILD = "make it of all of them: python -m core signatures build"
LABELS = {"real": "real", "forged": "fake", "attacked": "attacked"}


Label = Annotated[
    str | None, typer.Option("--label", help="What all faces are: real, forged or attacked; else folders say it.")
]
By = Annotated[str | None, typer.Option("--attack", help="With --label attacked: which attack, or unknown.")]
Put = Annotated[
    str | None, typer.Option("--attacks", help="Put on forgeries in turn, joined by commas: pgd,fgsm, or none.")
]
Sizes = Annotated[
    str | None, typer.Option("--eps", help="Budgets of --attacks, in 1/255, joined by commas; their own if missing.")
]
Kind = Annotated[str | None, typer.Option(metavar="NAME", help="Which signatures; the set's own if missing.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Media of each kind, evenly spaced; else all.")]
PersonFolders = Annotated[
    bool, typer.Option("--person-folders", help="A folder in real/ and in forgeries is a person.")
]


@app.command("add")
def add(
    name: Name,
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder: real/ and forgeries; any with --label.")
    ] = None,
    case: Annotated[Path | None, typer.Option("--case", help="A case, whose files all are of --label.")] = None,
    label: Label = None,
    attack: By = None,
    attacks: Put = None,
    eps: Sizes = None,
    kind: Kind = None,
    detector: Detector = None,
    limit: Limit = None,
    person_folders: PersonFolders = False,
    seed: Seed = 0,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Add faces to a reference set of your own; a new name begins one.

    From a folder with real/ and a folder for each forgery, whose forgeries are also attacked, or of one --label. A face
    that is in the set stays. A run that was stopped goes on: what was added is there.
    """
    from ..detectors import DEFAULT
    from ..engine.own_set_work import add_faces
    from ..output.own_set_sentences import added_sentence
    from ..output.value_records import value_record
    from ..pipeline import load_detector

    what = _label(label, attack)
    if what or case:
        _refuse_unused(
            {"--attacks": attacks, "--eps": eps},
            f"is of attacks that are put on forgeries; with {'--label' if what else '--case'} none is put on a face",
        )
    if case and person_folders:
        raise InputError("--person-folders is of --data: a case does not say who is who")
    faces = _listed(data, case, what, (attacks or "pgd,fgsm", eps), limit, person_folders=person_folders)
    judge = load_detector(detector or DEFAULT)
    found = add_faces(name, judge, faces, kind=kind, seed=seed, progress=LineProgress())
    show(value_record(found) if json_ else added_sentence(found), as_json=json_)


def _refuse_unused(given: dict[str, str | None], why: str) -> None:
    """Refuse options that would change nothing."""
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} {why}")


def _label(label: str | None, attack: str | None) -> FaceLabel | None:
    """Read what all faces are; None where folders say it."""
    from ..engine.faces_to_add import attack_label
    from ..types.own_set_values import UNKNOWN_ATTACK, FaceLabel

    if attack is not None and label != "attacked":
        raise InputError("--attack says by what faces were attacked; it goes with --label attacked")
    if label is None:
        return None
    if label not in LABELS:
        raise InputError(f"--label is one of {', '.join(LABELS)}; what came is {label!r}")
    return attack_label(attack or UNKNOWN_ATTACK) if label == "attacked" else FaceLabel(LABELS[label])


def _listed(
    data: Path | None,
    case: Path | None,
    label: FaceLabel | None,
    put: tuple[str, str | None],
    limit: int | None,
    *,
    person_folders: bool,
) -> list[FaceToAdd]:
    """List the faces that are meant, of a folder or of a case.

    Args:
        data: the folder.
        case: the case's folder.
        label: of all faces; None where folders say it.
        put: attacks put on forgeries, "none" for none, and their budgets.
        limit: of media.
        person_folders: whether folders are people.
    """
    from ..cases.case_folder import open_case
    from ..engine.faces_to_add import case_faces, checked_attacks, labelled_folder, plain_folder

    if (data is None) == (case is None):
        raise InputError("faces come from --data, a folder, or from --case, a case; give one of them")
    if case is not None:
        if label is None:
            raise InputError("a case does not say what its faces are: give --label real, forged or attacked")
        opened = open_case(case)
        return case_faces(opened, opened.state().exhibits[:limit], label)
    assert data is not None
    if label is not None:
        return plain_folder(data, label, limit=limit, person_folders=person_folders)
    names, sizes = put
    if names == "none":
        _refuse_unused({"--eps": sizes}, "is of attacks; with --attacks none there is none")
    chosen = [] if names == "none" else names_in(names)
    found = checked_attacks(chosen, sizes_in(sizes) if sizes else ())
    try:
        return labelled_folder(data, attacks=found, limit=limit, person_folders=person_folders)
    except InputError as error:
        if not data.is_dir():
            raise
        raise InputError(
            f"{error}; of faces that are all alike, --label {', '.join(LABELS)} says what they are"
        ) from None


@app.command("list")
def list_sets(json_: Json = False) -> None:
    """List the reference sets of your own, and where they lie."""
    from ..output.own_set_sentences import behind_words, list_line
    from ..output.value_records import value_record
    from ..signatures.own_faces import set_names
    from ..signatures.own_sets import is_behind
    from ..signatures.reference import reference_card
    from ..storage.paths import references_folder

    cards, broken = [], []
    for name in set_names():
        try:
            cards.append(reference_card(name))
            if is_behind(name):
                broken.append(f"{name}: {behind_words('it')}; {BUILD} {name}")
        except InputError as error:
            broken.append(str(error))
    if json_:
        rows = [
            {
                "set": card.name,
                "detector": card.detector,
                "kind": card.signature,
                "signatures": card.signatures,
                "people": card.people,
                "people_unknown": card.people_unknown,
                "attacks": list(card.attacks[1:]),
                "nearest": value_record(card.nearest_neighbour_accuracy),
            }
            for card in cards
        ]
        show({"folder": str(references_folder()), "sets": rows, "problems": broken}, as_json=True)
        return
    print(f"Reference sets of your own lie in {references_folder()}.")
    for card in cards:
        print(list_line(card))
    for words in broken:
        print(words)


@app.command("build")
def build(name: Name) -> None:
    """Make a set of all its faces, where adding them ended early."""
    from ..output.own_set_sentences import built_sentence
    from ..signatures.own_faces import check_set_name
    from ..signatures.own_sets import build_set

    check_set_name(name)
    say(built_sentence(*build_set(name)))


@app.command("remove")
def remove(name: Name) -> None:
    """Remove a reference set of your own, with its faces."""
    from ..signatures.own_faces import remove_set

    remove_set(name)
    say(f"{name} removed")

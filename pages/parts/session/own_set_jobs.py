"""Change reference sets of a user's own in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.engine.faces_to_add import FaceToAdd
from core.engine.jobs import Job
from core.engine.own_set_work import add_faces
from core.output.own_set_sentences import added_sentence, built_sentence
from core.signatures.own_faces import drop_faces, keys_of_set, remove_set
from core.signatures.own_sets import build_set
from pages.parts.session.session import Session

CHANGES = "own set"  # the kind of work


def start_adding(
    session: Session,
    name: str,
    listed: Callable[[], Sequence[FaceToAdd]],
    *,
    kind: str | None = None,
    done: Callable[[], None],
) -> None:
    """Add faces to a set, in the background.

    What came of it is the session's message.

    Args:
        session: whose detector's signatures they are.
        name: of the set.
        listed: lists the faces.
        kind: of signatures; the set's own if missing.
        done: is called once they are in the set.
    """
    detector = session.detector

    def work(job: Job) -> None:
        session.message = added_sentence(add_faces(name, detector, listed(), kind=kind, progress=job))
        done()

    session.start(CHANGES, f"Adding faces to {name}", work).after_stop = "the faces added so far are in the set"


def build_again(session: Session, name: str) -> None:
    """Make a set of all its faces, in the background."""

    def work(_: Job) -> None:
        session.message = built_sentence(*build_set(name))

    session.start(CHANGES, f"Making {name} of all its faces", work)


def take_out(session: Session, name: str, key: str) -> None:
    """Take a face out of a set, in the background.

    The last one takes the set with it."""

    def work(_: Job) -> None:
        drop_faces(name, [key])
        if keys_of_set(name):
            session.message = f"The face was taken out of {name}. {built_sentence(*build_set(name))}"
        else:
            remove_set(name)
            session.message = f"The face was taken out of {name}, which had no other, and is gone."

    session.start(CHANGES, f"Taking a face out of {name}", work)

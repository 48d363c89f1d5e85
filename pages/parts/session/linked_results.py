"""Say which results of an address are still kept, and compute the others again."""

from __future__ import annotations

from typing import NamedTuple

from core import pipeline
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.types import Array, AttackResult, Attribution, JudgedFace
from pages.parts.session.addresses import Address
from pages.parts.session.attack_work import attack_in_job
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.file_link import FollowedLink
from pages.parts.session.kept_attacks import attack_key
from pages.parts.session.map_work import MapsToMake, maps_in_job
from pages.parts.session.session import Session


class LinkedState(NamedTuple):
    """Hold what an address asks for.

    words: what that is; results: how many; missing: how many of them are not kept; computed: whether they were computed
    because of it.
    """

    words: str
    results: int
    missing: int
    computed: bool


def linked_state(session: Session) -> LinkedState | None:
    """Compare what the followed address asks for with what is kept.

    None where it asks for no result.
    """
    asked, judged = _asked(session)
    if asked is None or judged is None or not (asked.attack or asked.maps):
        return None
    version = session.detector.version
    attack = _kept_attack(session, judged, asked, version)
    keys = _map_keys(judged, asked, attack, version)
    sides = 2 if asked.attack else 1
    results = bool(asked.attack) + sides * len(asked.maps.methods if asked.maps else ())
    kept = bool(attack) + sum(session.results.get(key) is not None for _, key in keys)
    return LinkedState(_words(asked), results, results - kept, session.page_state(FollowedLink).computed)


def compute_linked(session: Session) -> None:
    """Compute what the followed address asks for and is not kept."""
    asked, judged = _asked(session)
    if asked is None or judged is None:
        return
    session.page_state(FollowedLink).computed = True
    detector = session.detector
    attack = _kept_attack(session, judged, asked, detector.version)

    def work(job: Job) -> None:
        if asked.attack and attack is None:
            attack_in_job(session, job, judged.face, asked.attack, detector)
        if asked.maps and not job.should_stop():
            made = _kept_attack(session, judged, asked, detector.version)
            todo = _maps_to_make(session, judged, asked, made, detector.version)
            job.tell(0, sum(len(one.methods) for one in todo))
            maps_in_job(session, job, todo, asked.maps, detector)

    begins_with_attack = asked.attack is not None and attack is None
    session.start("attack" if begins_with_attack else "maps", "Computing what the address asks for", work)


def forget_linked(session: Session) -> None:
    """Offer the results of the followed address no more."""
    session.page_state(FollowedLink).offered = False


def _asked(session: Session) -> tuple[Address | None, JudgedFace | None]:
    """Return the followed address and its judged face, if in focus."""
    state, judged = session.page_state(FollowedLink), session.focused
    asked = state.linked if state.offered else None
    usable = session.media and asked and session.media.id == asked.file and not session.outdated
    at_face = asked is not None and asked.face in (None, session.focus)
    return asked, judged if usable and at_face and judged and judged.verdict else None


def _kept_attack(session: Session, judged: JudgedFace, asked: Address, version: str) -> AttackResult | None:
    plan = asked.attack
    if plan is None:
        return None
    key = attack_key(judged.face.id, version, plan.method, plan.settings, plan.seed, plan.stop_at)
    found = session.results.get(key)
    return found if found and not found.stopped else None


def _map_keys(
    judged: JudgedFace, asked: Address, attack: AttackResult | None, version: str
) -> list[tuple[tuple[str, Array], ResultKey[Attribution]]]:
    """Name the maps of both faces, each with its face."""
    if asked.maps is None:
        return []
    crops = {"clean": judged.face.crop} | ({"attacked": pipeline.attacked_crop(attack)} if attack else {})
    return [
        ((name, crop), asked.maps.key(crop_id(crop), version, method))
        for name, crop in crops.items()
        for method in asked.maps.methods
    ]


def _maps_to_make(
    session: Session, judged: JudgedFace, asked: Address, attack: AttackResult | None, version: str
) -> list[MapsToMake]:
    sides: dict[str, MapsToMake] = {}
    for (name, crop), key in _map_keys(judged, asked, attack, version):
        if session.results.get(key) is None:
            before = sides[name].methods if name in sides else ()
            sides[name] = MapsToMake(name, crop, key.of, (*before, key.method))
    return list(sides.values())


def _words(asked: Address) -> str:
    """Say the attack with its settings, and the maps by their names."""
    said = [asked.attack.words] if asked.attack else []
    if asked.maps:
        titles = ", ".join(EXPLAINERS[name].title for name in asked.maps.methods)
        said.append(f"the maps {titles} with seed {asked.maps.seed}")
    return "; ".join(said)

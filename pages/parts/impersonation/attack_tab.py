"""Attack the recogniser with the registered attacks, and look at its maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import streamlit as st

from core import pipeline
from core.attacks import ATTACKS
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.media.images import DIFFERENCE_FACTOR, amplified_difference
from core.output import screen
from core.output.match_records import recogniser_attack_record
from core.output.shown_record import ShownRecord
from core.output.text import format_settings, signed_number
from core.recognition.base import Recogniser
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.load_recogniser import load_recogniser
from core.recognition.matching import without_file
from core.recognition.recogniser_target import Goal, match_detector
from core.registry import Value
from core.types import Array, Attribution, InputError
from core.types.recogniser_results import RecogniserAttack
from core.types.recognition import FaceCrop, Gallery
from pages.parts.impersonation.face_match import FaceMatch, kept_match, recogniser_of
from pages.parts.impersonation.impersonation_settings import RecogniserAttackSettings
from pages.parts.session.attack_progress import QueryProgress
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.param_inputs import param_input
from pages.parts.widgets.tables import json_button, plain

GOALS: dict[str, str] = {"dodging": "Be recognised no longer", "impersonation": "Pass as somebody else"}
METHODS = [name for name, entry in ATTACKS.items() if not entry.facts.needs]
MAP_WORDS = "Red speaks for {red}, blue against it. What moved this score here, not where the picture was edited."


@dataclass(frozen=True, slots=True, eq=False)
class RecogniserMaps:
    """Hold one map before and after an attack, (H, W) each."""

    clean: Attribution
    attacked: Attribution


def draw(session: Session, gallery: Gallery) -> None:
    """Draw the attack's settings, and what came of the last one."""
    match = kept_match(session, gallery)
    if match is None or session.focused is None:
        st.info("First compare the face in focus with the gallery, under “This face”.", icon=":material/person_search:")
        return
    settings = session.page_state(RecogniserAttackSettings)
    left, right = st.columns([2, 5], gap="large")
    with left:
        run = _form(session, settings, match, gallery)
    key = _key(session, settings, gallery)
    if run:
        _start(session, settings, match, gallery, key)
        st.rerun()
    with right:
        found = session.results.get(key)
        if found is None:
            st.markdown("How little has to change until the recogniser is wrong? Nobody should see the change.")
            return
        _result(session, match, gallery, found)
        _maps(session, settings, match, gallery, found)


def _form(session: Session, settings: RecogniserAttackSettings, match: FaceMatch, gallery: Gallery) -> bool:
    """Draw the settings; return whether the attack was asked for."""
    goal = st.radio("Goal", list(GOALS), list(GOALS).index(settings.goal), format_func=GOALS.__getitem__)
    nearest = match.found.nearest[0].name
    if goal == "impersonation":
        others = [name for name in gallery.people if name != nearest and gallery.photos_of(name)]
        if not others:
            raise InputError("The gallery has nobody else to pass as.")
        now = others.index(settings.person) if settings.person in others else 0
        person = st.selectbox("Pass as", others, now)
    else:
        person = nearest
        st.caption(f"Away from the nearest person: {plain(nearest)}.")
    method = st.selectbox(
        "Attack", METHODS, METHODS.index(settings.method), format_func=lambda name: ATTACKS[name].title
    )
    if store_settings(settings, method=method):
        settings.values = {}
    store_settings(settings, goal=goal, person=person)
    entry = ATTACKS[method]
    values = entry.settings(settings.values)
    with st.form("recogniser-attack", border=False):
        first, *rest = entry.params or (None,)
        given: dict[str, Value] = {first.name: param_input(first, values[first.name])} if first else {}
        with st.expander("All settings"):
            for param in rest:
                if param:
                    given[param.name] = param_input(param, values[param.name])
        run = st.form_submit_button(
            "Attack the recogniser", type="primary", icon=":material/bolt:", disabled=session.busy
        )
    if run:
        settings.values = given
    return bool(run)


def _key(session: Session, settings: RecogniserAttackSettings, gallery: Gallery) -> ResultKey[RecogniserAttack]:
    assert session.focused
    entry = ATTACKS[settings.method]
    key: ResultKey[RecogniserAttack] = ResultKey(
        "recogniser attack",
        session.focused.face.id,
        f"{gallery.id}:{gallery.fmr:g}:{settings.goal}:{settings.person}",
        settings.method,
    )
    return key.with_settings(entry.settings(settings.values))


def _photos_of(gallery: Gallery, person: str) -> Array:
    """Return the vectors of a person's photos."""
    return gallery.embeddings[gallery.owner == gallery.people.index(person)]


def _target(recogniser: Recogniser, crop: FaceCrop, gallery: Gallery, goal: str, person: str) -> Detector:
    """Make the two-logit detector of "is it this person?"; refuse what has no gradient."""
    if not isinstance(recogniser, EmbeddingRecogniser) or gallery.threshold is None or gallery.calibration is None:
        raise InputError(f"{recogniser.name} gives no gradient here; choose a network of this machine")
    photos = _photos_of(gallery, person)
    if not len(photos):
        raise InputError(f"{person} has no photo but this very picture; nobody is recognised by it")
    return match_detector(
        f"{recogniser.name}, {person}, {goal}",
        recogniser.module(crop.landmarks),
        photos,
        threshold=gallery.threshold.similarity,
        goal=cast(Goal, goal),
        slope=max(gallery.calibration.slope, 1.0),
    )


def _start(
    session: Session,
    settings: RecogniserAttackSettings,
    match: FaceMatch,
    gallery: Gallery,
    key: ResultKey[RecogniserAttack],
) -> None:
    method, goal, person = settings.method, settings.goal, settings.person or ""
    entry, crop, given = ATTACKS[method], match.crop, ATTACKS[method].settings(settings.values)
    name = recogniser_of(session, gallery)
    if session.media:
        gallery, _ = without_file(gallery, session.media.id)

    def work(job: Job) -> None:
        recogniser = load_recogniser(name)
        target = _target(recogniser, crop, gallery, goal, person)
        callbacks = pipeline.AttackCallbacks(QueryProgress(job, entry.title))
        result = pipeline.attack(target, crop.image, method, given, callbacks=callbacks)
        attacked = FaceCrop(pipeline.attacked_crop(result), crop.landmarks)
        photos = _photos_of(gallery, person)
        before, after = (float((photos @ recogniser.embed(one)).mean()) for one in (crop, attacked))
        named = recogniser.identify(attacked, gallery).name
        session.results.put(key, RecogniserAttack(goal, person, result, (before, after), named))

    session.start("recogniser attack", f"{entry.title}, query", work, total=entry.facts.passes(given)[0])


def _result(session: Session, match: FaceMatch, gallery: Gallery, found: RecogniserAttack) -> None:
    """Say what came of it, and show the pictures."""
    threshold = gallery.threshold.similarity if gallery.threshold else 0.0
    before, after = found.similarities
    passes, person = after >= threshold, plain(found.person)
    worked = passes == (found.goal == "impersonation")
    words = f"Passes as {person}" if passes else f"Not taken for {person}"
    also = f"; taken for {plain(found.named)}" if found.named and found.named != found.person else ""
    st.markdown(f"### {words}{also}")
    st.markdown(
        f"{'The attack worked' if worked else 'The attack did not get there'}: similarity to {person} "
        f"**{signed_number(before)} → {signed_number(after)}**, threshold {signed_number(threshold)}; largest change "
        f"{found.result.linf * 255:.0f}/255, {found.result.queries} queries. Judged from the saved 8-bit picture."
    )
    attacked = pipeline.attacked_crop(found.result)
    columns = st.columns(3)
    difference = amplified_difference(match.crop.image / 255, attacked / 255)
    pictures = (
        (match.crop.image, "Original"),
        (attacked, "Attacked"),
        (difference, f"Difference, {DIFFERENCE_FACTOR} times"),
    )
    for column, (image, caption) in zip(columns, pictures, strict=True):
        with column:
            show_image(image, caption)
    entry = ATTACKS[found.result.attack]
    st.caption(plain(f"{format_settings(entry, found.result.settings)}, seed {found.result.seed}"))
    _downloads(session, gallery, match, found, passes=passes)


def _downloads(session: Session, gallery: Gallery, match: FaceMatch, found: RecogniserAttack, *, passes: bool) -> None:
    """Offer the attack as PNG and JSON, and keep it for the case."""
    before, after = found.similarities
    record = recogniser_attack_record(gallery, found)
    settings = {name: record[name] for name in ("recogniser", "gallery", "goal", "person", "threshold")}
    settings |= {"attack": found.result.attack, "settings": dict(found.result.settings), "seed": found.result.seed}
    numbers = f"similarity {signed_number(before)} to {signed_number(after)}"
    said = f"{'Passes as' if passes else 'Not taken for'} {found.person}: {numbers}."
    shown = ShownRecord("recogniser-attack", said, settings, record, {"face.png": found.result.png}, match.weights)
    hand_in(session, shown, about=session.focused.face.id if session.focused else "")
    with st.container(horizontal=True):
        st.download_button(
            "Attacked face as PNG",
            found.result.png,
            f"{found.goal}-{found.result.id[:12]}.png",
            "image/png",
            on_click="ignore",
            icon=":material/download:",
        )
        json_button("Attack as JSON", record, "recogniser-attack.json", key="recogniser-attack-json")


def _maps(
    session: Session,
    settings: RecogniserAttackSettings,
    match: FaceMatch,
    gallery: Gallery,
    found: RecogniserAttack,
) -> None:
    """Draw one map before and after the attack, or its button."""
    st.subheader("What the recogniser looks at", anchor=False)
    names = list(EXPLAINERS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            name = st.selectbox("Map", names, names.index(settings.map), format_func=lambda key: EXPLAINERS[key].title)
        asked = st.button("Make the map", icon=":material/gradient:", disabled=session.busy)
    store_settings(settings, map=name)
    version = f"{gallery.id}:{gallery.fmr:g}:{found.goal}:{found.person}"
    key: ResultKey[RecogniserMaps] = ResultKey("recogniser map", found.result.id, version, name)
    if asked:
        _start_maps(session, match, gallery, found, name, key)
        st.rerun()
    maps = session.results.get(key)
    if maps is None:
        return
    scale = screen.scale_of([maps.clean.map, maps.attacked.map])
    columns = st.columns(2)
    for column, one, title in zip(columns, (maps.clean, maps.attacked), ("Original", "Attacked"), strict=True):
        with column:
            show_image(screen.colour_map(one.map, signed=one.signed, scale=scale), title)
    red = "a match" if found.goal == "dodging" else "no match"
    st.caption(MAP_WORDS.format(red=red) + " Both on one scale.")


def _start_maps(
    session: Session,
    match: FaceMatch,
    gallery: Gallery,
    found: RecogniserAttack,
    name: str,
    key: ResultKey[RecogniserMaps],
) -> None:
    used = recogniser_of(session, gallery)

    def work(job: Job) -> None:
        target = _target(load_recogniser(used), match.crop, gallery, found.goal, found.person)
        images = (match.crop.image, pipeline.attacked_crop(found.result))
        made = [pipeline.explain_crop(target, image, name) for image in job.each(images, "Making maps")]
        session.results.put(key, RecogniserMaps(*made))

    session.start("recogniser map", f"{EXPLAINERS[name].title}, maps", work, total=2)

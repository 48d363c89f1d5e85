"""Ask services of others about a face, by consent to each picture."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.engine.results import ResultKey
from core.output.match_records import service_record
from core.output.shown_record import ShownRecord
from core.output.text import percent
from core.recognition.services.ask_service import ask, estimate
from core.recognition.services.call_budget import MAX_CALLS, CallBudget, RunEstimate
from core.recognition.services.consent import Consent, ServicePicture
from core.recognition.services.service_registry import SERVICES, ServiceFacts, missing
from core.types import Array, content_id
from core.types.recogniser_results import ServiceAnswer
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.tables import json_button, plain

Reference = tuple[str, Array]  # a person's name, and the crop of a photo
OFF = (
    "Services are off: nothing leaves this machine. Whoever runs it can switch one on with the environment variable "
    "PROSOPON_SERVICES and its keys."
)
COUNTED = "Requests of this run, repeated ones too. The run ends before it sends one more."
PRICE_HELP = "What your contract says; 1 US dollar was the list price of all three (Tariq et al. 2022, section 5.2)."


def draw(session: Session, references: Sequence[Reference]) -> None:
    """Draw what services there are, the pictures that would leave, and the answer.

    `references`: photos of gallery people, the nearest first; may be empty.
    """
    ready = [name for name in SERVICES if not missing(name)]
    if not ready:
        st.markdown(OFF)
        with st.expander("What each one lacks", icon=":material/key:"):
            for name in SERVICES:
                st.markdown(f"- {plain(missing(name))}")
        return
    st.markdown("Would a service of others take this face for somebody? The pictures below would leave this machine.")
    focused = session.focused
    if focused is None:
        st.info("Open a file with a face first, under Inspect.", icon=":material/face:")
        return
    name = st.selectbox("Service", ready, format_func=lambda key: SERVICES[key].title)
    facts = SERVICES[name].facts
    if facts.question == "compare" and not references:
        st.info("This service compares two pictures: compare the face with a gallery first.", icon=":material/face:")
        return
    shown = [("The face in focus", focused.face.crop)]
    if facts.question == "compare":
        shown.insert(0, _chosen(references))
    pictures = tuple(ServicePicture.of_crop(crop) for _, crop in shown)
    key: ResultKey[ServiceAnswer] = ResultKey("service", content_id(*(one.sha256 for one in pictures)), method=name)
    _ask_for_consent(session, name, facts, shown, pictures, key)
    _answer(session, name, key)


def _chosen(references: Sequence[Reference]) -> Reference:
    names = [name for name, _ in references]
    person = st.selectbox("Compare with", names, help="A photo of the gallery; the nearest person first.")
    return next(one for one in references if one[0] == person)


def _ask_for_consent(
    session: Session,
    name: str,
    facts: ServiceFacts,
    shown: Sequence[Reference],
    pictures: tuple[ServicePicture, ...],
    key: ResultKey[ServiceAnswer],
) -> None:
    """Show each picture with its consent, the price and the limit, and the button."""
    agreed = []
    with st.container(horizontal=True):
        for (title, crop), picture in zip(shown, pictures, strict=True):
            with st.container(width=200):
                show_image(crop, f"{title}, {len(picture.data) / 1024:.0f} KB")
                box = f"consent-{facts.provider}-{picture.sha256}"
                if st.checkbox(f"Send this picture to {facts.provider}", key=box, help=f"SHA-256 {picture.sha256}"):
                    agreed.append(picture)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=190):
            limit = int(st.number_input("Calls at most", 1, MAX_CALLS, facts.calls + 3, help=COUNTED))
        with st.container(width=190):
            price = st.number_input("US dollars for 1,000 calls", 0.0, 1000.0, facts.price, help=PRICE_HELP)
    found = estimate(name, [pictures], price=price)
    st.markdown(_cost(found))
    ready = len(agreed) == len(pictures) or found.calls == 0
    if not ready:
        st.caption("Agree to each picture to send it.")
    if st.button("Ask the service", icon=":material/send:", disabled=session.busy or not ready, type="primary"):
        _start(session, name, pictures, Consent.to_send(facts.provider, agreed), limit, key)
        st.rerun()


def _cost(found: RunEstimate) -> str:
    if found.calls == 0:
        return "Answered before: nothing leaves, nothing is paid."
    return f"Costs at most **{found.calls} call{'s' * (found.calls != 1)}**, {found.price:.4f} US dollars."


def _start(
    session: Session,
    name: str,
    pictures: tuple[ServicePicture, ...],
    consent: Consent,
    limit: int,
    key: ResultKey[ServiceAnswer],
) -> None:
    def work(job: Job) -> None:
        answer = ask(name, pictures, consent=consent, budget=CallBudget(limit), progress=job)
        session.results.put(key, answer)

    session.start("service", f"Asking {SERVICES[name].title}", work)


def _answer(session: Session, name: str, key: ResultKey[ServiceAnswer]) -> None:
    answer = session.results.get(key)
    if answer is None:
        return
    st.markdown(f"**{plain(_sentence(answer, SERVICES[name].facts))}**")
    st.caption("A service's confidence is its own; how often it is right was not measured here.")
    record = service_record(name, answer)
    json_button("Answer as JSON", record, f"{name}.json", key="service-json")
    shown = ShownRecord(
        "service", _sentence(answer, SERVICES[name].facts), {"service": name}, record, weights=weights_of_models()
    )
    hand_in(session, shown, about=key.of)


def _sentence(answer: ServiceAnswer, facts: ServiceFacts) -> str:
    if answer.name and answer.confidence is not None:
        return f"The service takes this face for {answer.name}, with a confidence of {percent(answer.confidence)}."
    if answer.similarity is not None:
        return f"The service finds the two faces {percent(answer.similarity)} alike."
    if facts.question == "compare":
        return "The service found no face in one of the pictures."
    return f"The service names nobody; it found {answer.faces} face{'s' * (answer.faces != 1)}."

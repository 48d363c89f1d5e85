"""Draw the steps of the story from what was measured."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import pipeline
from core.media.images import DIFFERENCE_FACTOR, amplified_difference
from core.media.post_processing import AS_IS
from core.output import screen
from core.output.attack_sentences import turned_words
from core.output.region_sentences import PLACES
from core.output.screen.colour_maps import overlay
from core.output.verdict_sentences import band_words
from core.types import Verdict
from core.types.attack_answer import SIGNS
from pages.parts.story.story_state import StoryState
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.tables import plain

WIDTH = 420  # pixels of one picture
QUESTIONS = (
    "The verdict turned, and you see the same picture. What does the detector look at, and what do you look at?",
    "Somebody sends you a picture that a detector calls “likely not manipulated”. What do you know now, and what not?",
    "Who gains if detectors can be fooled, and who gains if everybody believes that they can?",
)


def real(state: StoryState) -> None:
    """Show the face as it was photographed."""
    assert state.faces
    _sentence("A real face.", "Nobody changed this photograph." if not state.files else "As you gave it.")
    _picture(state.faces.real.face.crop, "The face as it was photographed")


def forged(state: StoryState) -> None:
    """Show the forgery beside the photograph."""
    assert state.faces
    how = "A changed copy of the face was blended into it." if not state.files else "As you gave it."
    _sentence("The same face, forged. Do you see where?" if not state.files else "A forged face.", how)
    one, two = state.faces.real.face.crop, state.faces.forged.face.crop
    if one.shape == two.shape:
        compare_pictures(
            [
                ComparedPicture("Photograph", "The face as it was photographed", one),
                ComparedPicture("Forgery", "The forged face", two),
            ],
            key="story-forged",
        )
    else:
        _picture(two, "The forged face")


def verdict(state: StoryState) -> None:
    """Show what the detector says of both."""
    assert state.faces
    first, second = state.faces.real.verdict, state.faces.forged.verdict
    assert first
    assert second
    _sentence(f"The detector calls the forgery {_words(second)}.", f"It calls the photograph {_words(first)}.")
    with st.container(horizontal=True, gap="medium"):
        for name, face, found in (("Photograph", state.faces.real, first), ("Forgery", state.faces.forged, second)):
            with st.container(width=WIDTH // 2 + 60):
                show_image(face.face.crop, name)
                colour, icon = LOOKS[screen.BANDS[found.band]]
                st.markdown(f"### :{colour}[:material/{icon}: {found.band}]")


def why(state: StoryState) -> None:
    """Show the map of the forged face, and the region that speaks most."""
    assert state.faces
    assert state.why
    found, crop = state.why.attribution, state.faces.forged.face.crop
    _sentence(
        f"{state.why.share:.0%} of what speaks for “manipulated” lies {PLACES[state.why.region]}.",
        "Red speaks for manipulated, blue against it. It is what moved this score, not where the picture was edited.",
    )
    drawn = overlay(crop, found.map, signed=found.signed, strength=0.75)
    compare_pictures(
        [
            ComparedPicture("Forgery", "The forged face", crop),
            ComparedPicture(
                "What moved the score", f"Map of the face: most lies {PLACES[state.why.region]}", drawn, found.map
            ),
        ],
        key="story-why",
    )


def attack(state: StoryState) -> None:
    """Show the attacked face: what changed, and what the detector says now."""
    assert state.faces
    result = state.attack
    assert result
    crop, changed = state.faces.forged.face.crop, pipeline.attacked_crop(result)
    level = round(result.linf * 255)
    _sentence(
        f"{turned_words(result)}: {_words(result.after)}.",
        f"No pixel was changed by more than {level} of 255 steps of brightness. Before: {_words(result.before)}.",
    )
    difference = amplified_difference(crop / 255, changed / 255)
    compare_pictures(
        [
            ComparedPicture("Forgery", "The forged face", crop),
            ComparedPicture("Attacked", "The attacked face", changed),
            ComparedPicture(f"Difference, {DIFFERENCE_FACTOR} times", "What was changed, amplified", difference),
        ],
        key="story-attack",
    )


def sharing(state: StoryState) -> None:
    """Show what the ways in which pictures travel leave of the attack."""
    rows = state.robustness
    assert rows
    ways = [row.changes_verdict for row in rows if row.operation != AS_IS]
    _sentence(
        f"Shared, the attack works on after {sum(ways)} of {len(ways)} way{'s' * (len(ways) != 1)}.",
        "Pictures are coded, resized and blurred on their way. The attack still works where the verdict on it is "
        "another and milder one than on the forgery.",
    )
    lines = [
        ("Forgery", "inconclusive", [row.clean.p_fake for row in rows]),
        ("Attacked", "attacked", [row.attacked.p_fake for row in rows]),
    ]
    figure = screen.robustness([row.words for row in rows], lines, bands=None)
    show_chart(figure, "Score of “manipulated” after each way, forged and attacked", key="story-sharing")


def noticed(state: StoryState) -> None:
    """Say whether the attack is noticed."""
    answer, result = state.answer, state.attack
    assert answer
    assert result
    if answer.label == SIGNS:
        said = "It is noticed: there are signs of an attack."
        why = "The pixels carry a change that photographs do not, and it carries the verdict."
    elif result.success:
        said = f"Missed: {plain(answer.label).lower()}."
        why = "The attack was made here, so this answer is wrong. Nothing finds every attack."
    else:
        said, why = (
            f"{plain(answer.label)}.",
            "The attack did not turn the larger output: there was no wrong answer to notice.",
        )
    _sentence(said, why)
    _picture(pipeline.attacked_crop(result), answer.label)


def questions(state: StoryState) -> None:
    """Ask the class."""
    _sentence("Three questions.", "There is more than one good answer.")
    for number, question in enumerate(QUESTIONS, 1):
        st.markdown(f"### {number}. {question}")


DRAW: dict[str, Callable[[StoryState], None]] = {
    "real": real,
    "forged": forged,
    "verdict": verdict,
    "why": why,
    "attack": attack,
    "sharing": sharing,
    "noticed": noticed,
    "questions": questions,
}


def _sentence(first: str, second: str) -> None:
    st.title(first, anchor=False)
    st.header(f":gray[{second}]", anchor=False)


def _picture(image: object, caption: str) -> None:
    with st.container(width=WIDTH):
        show_image(image, caption)  # type: ignore[arg-type]


def _words(found: Verdict) -> str:
    return band_words(found).lower()

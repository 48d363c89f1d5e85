"""Offer the samples where no file is open."""

from __future__ import annotations

import functools

import streamlit as st

from core.media_attack import samples
from pages.parts.session.judging import open_sample
from pages.parts.session.session import Session
from pages.parts.widgets.media_files import MediaFiles

SIZE = 146, 320  # pixels of a sample, wide and high: four stand side by side on a projector, two on a telephone


@functools.cache
def _thumbnail(name: str) -> bytes:
    return samples.thumbnail(name).read_bytes()


def offer_samples(session: Session, sentence: str) -> None:
    """Show one sentence, and samples to click."""
    st.markdown(sentence)
    served = MediaFiles("samples")
    with st.container(horizontal=True):
        for sample in samples.SAMPLES:
            with st.container(border=True, width=SIZE[0], height=SIZE[1]):
                picture = served.address(_thumbnail(sample.name), "image/webp")
                st.markdown(f"![{sample.title}, small]({picture})")  # st.image would add a button that enlarges it
                if st.button(sample.title, key=f"sample-{sample.name}", width="stretch"):
                    open_sample(session, sample.name)
                    st.rerun()
                st.caption(sample.help)

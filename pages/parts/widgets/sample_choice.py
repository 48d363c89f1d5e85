"""Offer the samples where no file is open."""

from __future__ import annotations

import streamlit as st

from core.media_attack import samples
from pages.parts.session.judging import open_sample
from pages.parts.session.session import Session

SIZE = 160, 300  # pixels of a sample, wide and high: four stand side by side on a wide screen, two on a narrow one


def offer_samples(session: Session, sentence: str) -> None:
    """Show one sentence, and samples to click."""
    st.markdown(sentence)
    with st.container(horizontal=True):
        for sample in samples.SAMPLES:
            with st.container(border=True, width=SIZE[0], height=SIZE[1]):
                thumbnail = samples.thumbnail(sample.name)
                st.image(thumbnail, width="stretch", output_format="PNG", alt=f"The sample {sample.title.lower()}")
                if st.button(sample.title, key=f"sample-{sample.name}", width="stretch"):
                    open_sample(session, sample.name)
                    st.rerun()
                st.caption(sample.help)

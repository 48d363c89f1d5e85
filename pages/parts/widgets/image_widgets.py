"""Show images without a loss on the way to the screen."""

from __future__ import annotations

import streamlit as st

from core.types import Array
from pages.parts.widgets.encoded_images import png_of


def show_image(image: Array, caption: str, *, alt: str | None = None) -> None:
    """Show an image as wide as its place, as PNG."""
    st.image(png_of(image), caption, width="stretch", output_format="PNG", alt=alt or caption)


def show_small_image(image: Array, caption: str) -> None:
    """Show one image of a moderate size, as PNG."""
    st.image(png_of(image, longest=320), caption, width=320, output_format="PNG", alt=caption)

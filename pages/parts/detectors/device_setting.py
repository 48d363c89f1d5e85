"""Choose where networks compute, on a machine with a GPU."""

from __future__ import annotations

import streamlit as st

from core.detectors.device import chosen_device, gpu_there, set_device
from core.types.device_choice import Device
from pages.parts.session.page_state import set_widget, widget_value

KEY = "compute-on"
WORDS = {Device.cuda: "GPU", Device.cpu: "Processor"}
HELP = "For everybody who uses this server, until it ends. Work that is going on stays where it began."


def draw() -> None:
    """Draw the choice; nothing without a GPU. Detectors are then loaded there."""
    if not gpu_there():
        return
    set_widget(KEY, Device(chosen_device()))  # another visitor may have changed it
    st.radio(
        "Compute on",
        list(WORDS),
        format_func=WORDS.__getitem__,
        key=KEY,
        horizontal=True,
        help=HELP,
        on_change=lambda: set_device(widget_value(KEY)),
    )

"""Put the cursor into a text field or out of it."""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
export default function ({ data }) {
  const asked = window.prosoponFocus ?? 0
  window.prosoponFocus = data.count
  if (data.count <= asked) return
  if (!data.label) return document.activeElement?.blur()
  const field = [...document.querySelectorAll("input, textarea")].find((one) => one.ariaLabel === data.label)
  if (!field) return
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)
  field.onkeyup = (key) => { if (key.key === "Enter" || key.key === "Escape") field.blur() }
}
"""


def focus_field(label: str, count: int) -> None:
    """Focus the field of this label each time that `count` has grown.

    Enter and Escape leave it. Without a label whatever is focused is left, so that keys are the page's again. A count
    of 0 draws nothing.
    """
    if count:
        script = st.components.v2.component("focus_field", js=_SCRIPT)
        script(data={"label": label, "count": count}, key="focus-field", height=1)

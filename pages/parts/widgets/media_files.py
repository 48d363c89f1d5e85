"""Let the browser fetch what a component draws, once, by its hash."""

from __future__ import annotations

import streamlit as st
from streamlit import runtime

from core.types import Array


class MediaFiles:
    """Serve the files of one place of a page."""

    def __init__(self, place: str) -> None:
        self.place, self.served = place, 0

    def address(self, data: bytes | Array, kind: str = "application/octet-stream") -> str:
        """Serve bytes, or an array's, and return where the browser finds them.

        A message holds the address alone: Streamlit's frontend copies each message many times.
        """
        self.served += 1
        content = data if isinstance(data, bytes) else data.tobytes()
        found: str = runtime.get_instance().media_file_mgr.add(content, kind, f"{self.place}-{self.served}")
        before = str(st.get_option("server.baseUrlPath")).strip("/")
        return f"/{before}{found}" if before else found

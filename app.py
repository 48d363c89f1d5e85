"""The dashboard: page config and the list of pages, nothing else."""

from pathlib import Path

import streamlit as st

# An icon of our own: for a Material one, and for those of pages, browsers ask a server of Google.
ICON = str(Path(__file__).parent / "assets" / "icon.svg")

if __name__ == "__main__":  # workers of the queue import this file, and draw nothing
    st.set_page_config(page_title="Prosopon", page_icon=ICON, layout="wide")

    st.navigation(
        [
            st.Page("pages/inspect.py", title="Inspect", url_path="start", icon=":material/search:", default=True),
            st.Page("pages/queue.py", title="Queue", url_path="queue", icon=":material/inbox:"),
            st.Page("pages/detectors.py", title="Detectors", url_path="detectors", icon=":material/radar:"),
            st.Page("pages/attack.py", title="Attack", url_path="attack", icon=":material/bolt:"),
            st.Page("pages/explain.py", title="Explain", url_path="explain", icon=":material/gradient:"),
            st.Page("pages/attacked.py", title="Was it attacked?", url_path="attacked", icon=":material/policy:"),
            st.Page("pages/signatures.py", title="Signatures", url_path="signatures", icon=":material/scatter_plot:"),
            st.Page(
                "pages/impersonation.py",
                title="Impersonation",
                url_path="impersonation",
                icon=":material/person_search:",
            ),
            st.Page("pages/cases.py", title="Cases", url_path="cases", icon=":material/folder_open:"),
            st.Page("pages/studies.py", title="Studies", url_path="studies", icon=":material/science:"),
            st.Page("pages/story.py", title="Story", url_path="story", icon=":material/school:"),
            st.Page("pages/methods.py", title="Methods", url_path="methods", icon=":material/menu_book:"),
            # Streamlit serves its first page at / alone: a bookmark of /inspect leads there.
            st.Page(
                lambda: st.switch_page("pages/inspect.py"), title="Inspect", url_path="inspect", visibility="hidden"
            ),
        ],
        position="top",
    ).run()

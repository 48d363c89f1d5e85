"""Hold the parts of pages; Streamlit takes no file in here for a page."""

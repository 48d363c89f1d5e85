"""Hold what the pages are made of; Streamlit takes no file in here for a page."""

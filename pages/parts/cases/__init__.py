"""Draw a case: its list, its exhibits, conclusion and bundle."""

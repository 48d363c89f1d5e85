"""Draw the parts of the page Queue."""

"""Draw the parts of the page Studies."""

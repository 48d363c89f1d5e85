"""Draw the parts of the page Inspect."""

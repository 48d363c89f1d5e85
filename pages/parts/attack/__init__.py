"""Draw the tabs of the page Attack."""

"""Draw the tabs of the page Explain."""

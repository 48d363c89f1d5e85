"""Draw the tabs of the page Detectors."""

"""Draw pictures side by side that zoom and pan in step: a component of our own."""

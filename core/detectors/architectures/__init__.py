"""Define the networks of the detectors."""

"""Calibrate scores: probabilities, bands, out-of-distribution faces."""

"""Numbers from scores, with intervals; no models."""

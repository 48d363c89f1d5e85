"""Compute numbers from scores, with intervals; no models."""

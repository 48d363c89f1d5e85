"""Evaluate attribution maps on a folder of labelled faces."""

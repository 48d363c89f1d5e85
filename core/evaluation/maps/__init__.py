"""Measure attribution maps on a folder of labelled faces."""

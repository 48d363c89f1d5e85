"""Compute signatures: one kind a file, each registered where it is defined."""

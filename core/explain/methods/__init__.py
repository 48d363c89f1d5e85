"""Attribute a verdict to pixels: one family a file."""

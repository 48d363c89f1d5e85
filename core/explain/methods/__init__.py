"""Attribute a verdict to pixels, one family of methods a file."""

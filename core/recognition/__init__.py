"""Recognise faces among the people of a gallery."""

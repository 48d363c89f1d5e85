"""Detect, track, reject, segment and forge faces in frames."""

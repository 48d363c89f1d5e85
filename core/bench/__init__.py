"""Measure ours against the libraries, in turn, in one run."""

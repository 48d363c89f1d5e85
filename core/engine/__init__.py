"""Run long work in the background and keep its results."""

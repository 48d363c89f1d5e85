"""Evaluate methods on folders: one command, one record each."""

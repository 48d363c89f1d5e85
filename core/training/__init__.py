"""Trainers of the models that ship, and of the signature bank."""

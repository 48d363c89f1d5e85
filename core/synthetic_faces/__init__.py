"""Judge whether a generator made a face as a whole."""

from .synthetic_judge import NAME, SyntheticFaces, load_synthetic_faces

__all__ = ["NAME", "SyntheticFaces", "load_synthetic_faces"]

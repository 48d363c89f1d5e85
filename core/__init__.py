"""Prosopon's computations: media, faces, detectors, attacks, maps, attack detectors and signatures."""

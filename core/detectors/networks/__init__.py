"""Read, copy and preserve a network."""

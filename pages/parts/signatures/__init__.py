"""Draw the plane of signatures and the neighbours of a face."""

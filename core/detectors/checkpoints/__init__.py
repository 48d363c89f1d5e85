"""Find weights, read their formats and keep those of the user."""

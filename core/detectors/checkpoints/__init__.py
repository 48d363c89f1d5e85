"""Find weights, read their formats and store the user's."""

"""Attack: one family a file."""

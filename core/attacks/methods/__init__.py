"""Hold the attacks, one family a file."""

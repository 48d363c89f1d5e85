"""Hold the studies, one paper a file."""

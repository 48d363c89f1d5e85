"""Group the commands of `python -m core`."""

"""Compare maps and find critical pixels."""

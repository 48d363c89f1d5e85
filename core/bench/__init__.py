"""Compare ours with the libraries, in turn, in one run."""

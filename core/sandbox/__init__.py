"""Run the parsers of foreign files in processes that can do nothing else."""

"""Turn scores into probabilities, bands and distances."""

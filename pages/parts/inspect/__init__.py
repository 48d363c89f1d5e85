"""Draw what the page Inspect has besides the verdict."""

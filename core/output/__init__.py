"""Show values as records, text, screen figures and paper figures; compute nothing."""

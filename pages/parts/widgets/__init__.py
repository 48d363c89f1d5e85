"""Draw what several pages show."""

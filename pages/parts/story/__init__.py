"""Draw the story that a teacher shows."""

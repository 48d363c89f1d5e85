"""Find, follow, reject, divide and forge faces in frames."""

"""Draw the table of methods, and the details of a row."""

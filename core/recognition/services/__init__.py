"""Ask face recognition services of others; no picture leaves without consent."""

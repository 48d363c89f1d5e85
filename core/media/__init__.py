"""Turn files to frames and back; process and describe them."""

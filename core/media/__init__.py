"""Turn files into frames and back; process and describe them."""

"""Draw the parts of the page Was it attacked."""

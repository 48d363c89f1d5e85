<<<<<<< HEAD
"""Draw what the page Inspect has besides the verdict."""
=======
"""Draw the parts of the page Inspect."""
>>>>>>> main

"""Train and release the models that ship."""

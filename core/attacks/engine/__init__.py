"""Share what attacks need: counted passes, projections, losses and precision."""

"""Draw the page Impersonation: gallery, one face, the bench, attacks, services."""

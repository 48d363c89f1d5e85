"""Try what may harm others: damaged files, bombs, deaths, races."""

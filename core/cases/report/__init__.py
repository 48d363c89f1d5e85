"""Write the report of a case as a PDF."""

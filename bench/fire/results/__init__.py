"""The figures of each scenario and the marks that they miss, the table, and the picture."""

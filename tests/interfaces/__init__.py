"""The interfaces, as far as they have code."""

"""Serves the numbers about the server to Prometheus, and tells whether the server works."""

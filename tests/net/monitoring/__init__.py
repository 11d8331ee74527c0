"""The numbers about the server."""

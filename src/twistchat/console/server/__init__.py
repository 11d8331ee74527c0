"""The commands about a running server, and about its configuration."""

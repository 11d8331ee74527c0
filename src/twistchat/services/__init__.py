"""The server as a tree of Twisted services."""

"""Recorded conversations between clients and a server.  See README.md in this folder."""

"""Tests of the commands about a running server, and about its configuration."""

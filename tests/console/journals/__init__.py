"""Tests of the commands about the journal."""

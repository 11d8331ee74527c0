"""Tests of the commands that read the history."""

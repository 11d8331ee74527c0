"""Tests of how IRC clients are shown the history."""

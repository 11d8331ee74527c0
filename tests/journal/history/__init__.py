"""Tests of reading, searching and forgetting."""

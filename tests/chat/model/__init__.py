"""Tests of the values and registers."""

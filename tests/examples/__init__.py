"""Tests of the packages under C{examples/}."""

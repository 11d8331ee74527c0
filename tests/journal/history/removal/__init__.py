"""Tests of removal."""

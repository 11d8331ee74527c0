"""Tests of what client protocols share."""

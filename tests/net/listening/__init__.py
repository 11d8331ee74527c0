"""Tests of what connections share."""

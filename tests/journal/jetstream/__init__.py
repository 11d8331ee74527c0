"""Tests of the journal of a cluster."""

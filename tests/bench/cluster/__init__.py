"""Tests of the benchmark of a cluster."""

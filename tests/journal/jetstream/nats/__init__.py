"""Tests of the stream of a cluster at real brokers."""

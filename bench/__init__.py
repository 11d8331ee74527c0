"""Benchmarks.  C{bench/README.md} describes them and their results."""

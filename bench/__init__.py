"""Benchmarks: servers as they are started by hand, load over loopback, and what the machine can do at best."""

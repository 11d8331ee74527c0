"""Protocols without input or output: bytes to values, and entries to bytes."""

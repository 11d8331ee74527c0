"""The ways in, as an administrator sees them: each names a protocol and where it listens."""

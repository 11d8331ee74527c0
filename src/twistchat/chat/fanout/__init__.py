"""The fan-out: the audiences of entries, and their delivery."""

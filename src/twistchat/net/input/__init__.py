"""The input of a connection: its fair share of a turn, the order of its commands, and long commands in portions."""

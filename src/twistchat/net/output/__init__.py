"""The output of a connection: its outbox, which sends in one write at the end of the turn."""

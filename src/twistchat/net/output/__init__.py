"""The output of a connection: what waits for the end of the turn, and the outbox from which it leaves in one write."""

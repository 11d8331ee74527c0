"""Shows entries of the history to IRC clients."""

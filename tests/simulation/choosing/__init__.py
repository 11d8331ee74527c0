"""Chooses what happens next: from a seed, and from what the clients know."""

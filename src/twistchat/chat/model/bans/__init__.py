"""Bans: masks, the bans of a room, and the bans from the server."""

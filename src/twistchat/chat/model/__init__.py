"""The objects of the chat (users, rooms, names, modes, bans), and the events, as values."""

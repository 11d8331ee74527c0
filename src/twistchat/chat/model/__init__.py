"""What there is in the chat: users, rooms, names and modes; and what happens there, as values."""

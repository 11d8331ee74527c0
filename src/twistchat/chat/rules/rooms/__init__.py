"""The rules of rooms: membership, modes, topics, names, registration, and automatic maintenance."""

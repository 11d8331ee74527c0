"""The limits on clients: who may connect, how fast they may send, how long they may be silent, and who has to go."""

"""Connection registration: capabilities, nick and username, and what a client is told when it has registered."""

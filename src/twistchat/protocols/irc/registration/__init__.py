"""Connection registration: capabilities, nick and username, and the welcome."""

"""What operators of the server may do: the privileges that the configuration gives to them, in classes."""

from __future__ import annotations

from typing import Final

PRIVILEGES: Final = {
    "kill": "disconnect a user",
    "ban": "keep hosts and networks from the server",
    "rehash": "read the configuration again",
    "rooms": "come into any room, and have a founder's rank there for the asking",
    "wallops": "say something to everyone who listens for it",
    "auspex": "see addresses, secret rooms and invisible users",
    "redact": "take back anyone's text",
    "exempt": "be bound by no limit on rates",
}
"""Every privilege, with what it is to end the sentence "operators with this privilege may …"."""

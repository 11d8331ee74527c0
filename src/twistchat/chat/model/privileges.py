"""The privileges of server operators, which the configuration grants by operator class."""

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
"""All privileges.  Each value ends the sentence "operators with this privilege may …"."""

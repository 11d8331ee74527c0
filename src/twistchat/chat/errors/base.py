"""The base class of all errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class ChatError(Exception):
    """
    A verb was refused.  Nothing has changed, and only the asker learns of it.

    @cvar code: a unique name of the error for programs, like the codes of IRCv3 standard-replies.
    @cvar wording: the text, a format string with the names of fields.
    """

    code: ClassVar[str] = "REFUSED"
    wording: ClassVar[str] = "That was refused"

    @property
    def text(self) -> str:
        """A description for people: a sentence in plain English without its full stop."""
        return self.wording.format_map(vars(self))


@dataclass
class NotEntered(ChatError):
    """The asker has not entered the chat yet."""

    code = "NOT_ENTERED"
    wording = "You have no name yet"

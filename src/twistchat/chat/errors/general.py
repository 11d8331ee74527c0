"""The base class of all errors, and errors about the server as a whole: its journal, its rates, its resources."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from twistchat.chat.phrasing import counted


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


@dataclass
class WatchListFull(ChatError):
    """The asker watches C{limit} nicks, which is the limit; C{refused} lists the nicks that were not added."""

    code = "WATCH_LIST_FULL"
    limit: int
    refused: tuple[str, ...]

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You watch {counted(self.limit, 'nick')}, and can watch no more: not {', '.join(self.refused)}"


@dataclass
class TooFast(ChatError):
    """The asker does C{what} ("join rooms") too often, and can do it again in C{wait} seconds."""

    code = "TOO_FAST"
    what: str
    wait: float

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You {self.what} too fast; try again in {ceil(self.wait)} s"


@dataclass
class NotStored(ChatError):
    """The journal could not store the event; C{why} describes the fault."""

    code = "NOT_STORED"
    wording = "That was not taken, and nobody has seen it: {why}"
    why: str


@dataclass
class OutcomeUnknown(ChatError):
    """The journal could not find out whether it has stored the event.  It may still take effect."""

    code = "OUTCOME_UNKNOWN"
    wording = "It is not known whether this was accepted; look at the history before you send it again"


@dataclass
class NotRead(ChatError):
    """The journal could not be read; C{why} describes the fault."""

    code = "NOT_READ"
    wording = "What was said before cannot be read just now: {why}"
    why: str


@dataclass
class Overloaded(ChatError):
    """Too many C{what} ("passwords to check") wait already."""

    code = "OVERLOADED"
    wording = "The server has too many {what} just now"
    what: str

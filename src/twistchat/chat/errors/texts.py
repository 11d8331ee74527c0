"""Errors about texts: speaking, redacting, and the form of a text."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError
from twistchat.chat.phrasing import sentence


@dataclass
class CannotSpeak(ChatError):
    """Mode C{letter} of C{room}, C{m} or C{M}, lets only some users speak, and the asker is not one of them."""

    code = "CANNOT_SPEAK"
    room: str
    letter: str

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        who = "registered users and those with a voice" if self.letter == "M" else "those with a voice"
        return f"Only {who} may speak in {self.room}"


@dataclass
class TextBlocked(ChatError):
    """Mode C{letter} of C{room} blocks this text; C{why} ends the sentence "no texts …"."""

    code = "TEXT_BLOCKED"
    wording = "{room} takes no texts {why} (mode {letter})"
    room: str
    letter: str
    why: str


@dataclass
class TextRefused(ChatError):
    """C{nick} does not accept this text; C{why} ends the sentence "they take no texts …"."""

    code = "TEXT_REFUSED"
    wording = "{nick} takes no texts {why}"
    nick: str
    why: str


@dataclass
class NoSuchText(ChatError):
    """The conversation C{target} does not contain the text C{msgid}, or no longer does."""

    code = "UNKNOWN_MSGID"
    wording = "There is no text {msgid} in {target}, or none any more"
    target: str
    msgid: str


@dataclass
class NotYours(ChatError):
    """The asker may not redact the text C{msgid} in C{target}."""

    code = "REDACT_FORBIDDEN"
    wording = "The text {msgid} in {target} is not yours to take back"
    target: str
    msgid: str


@dataclass
class NothingSaid(ChatError):
    """The text is empty."""

    code = "NOTHING_SAID"
    wording = "There is nothing to say in that line"


@dataclass
class TooLong(ChatError):
    """C{what} has C{length} of C{unit} ("bytes", "characters"), and C{limit} are allowed."""

    code = "TOO_LONG"
    what: str
    length: int
    limit: int
    unit: str = "characters"

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{sentence(self.what)} is too long: it has {self.length} {self.unit}, and {self.limit} fit"


@dataclass
class BadText(ChatError):
    """C{what} contains C{character}, which is not allowed in it, such as CR, LF or NUL."""

    code = "BAD_TEXT"
    what: str
    character: str

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{sentence(self.what)} has U+{ord(self.character):04X} in it"


@dataclass
class AlreadyRead(ChatError):
    """The read marker in C{target} is at this time, or a later one."""

    code = "ALREADY_READ"
    wording = "The messages of {target} are marked as read already"
    target: str


@dataclass
class SearchTooBroad(ChatError):
    """A search takes longer than searches may."""

    code = "SEARCH_TOO_BROAD"
    wording = "That search takes too long; add a word, or name a room, a sender or a time"


@dataclass
class NotKept(ChatError):
    """The private conversation with C{nick} cannot be read back, because not both users have an account."""

    code = "NOT_KEPT"
    wording = "Private messages are kept only between two accounts, so those with {nick} cannot be read back"
    nick: str

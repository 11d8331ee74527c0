"""Errors about ranks, and about changing modes."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError


@dataclass
class NotOperator(ChatError):
    """The asker's rank in C{room} is too low for this."""

    code = "NOT_OPERATOR"
    wording = "You need to be an operator of {room} for that"
    room: str


@dataclass
class UnknownMode(ChatError):
    """There is no room mode C{letter}."""

    code = "UNKNOWN_MODE"
    wording = "There is no mode {letter}"
    letter: str


@dataclass
class BadModeParameter(ChatError):
    """
    Mode C{letter} needs a parameter.  C{parameter} is invalid, or C{None} if it is missing; C{why} describes a valid
    one.  If it is missing, C{sign} says whether the asker wanted to set the mode (C{"+"}) or lift it (C{"-"}).
    """

    code = "BAD_MODE_PARAMETER"
    letter: str
    parameter: str | None
    why: str
    sign: str = "+"

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        if self.parameter is None:
            return f"Mode {self.letter} needs {self.why}"
        return f"Mode {self.letter} wants {self.why}, and found {self.parameter}"


@dataclass
class ListFull(ChatError):
    """The list C{letter} of C{room} has C{limit} masks, which is the limit."""

    code = "LIST_FULL"
    wording = "The list {letter} of {room} is full: it takes {limit}"
    room: str
    letter: str
    limit: int


@dataclass
class LobbyLock(ChatError):
    """Mode C{letter} locks people out of the lobby, C{room}.  Only server operators can change it there."""

    code = "LOBBY_LOCK"
    wording = "Only operators of the server set or lift mode {letter} in {room}"
    room: str
    letter: str


@dataclass
class UnknownUserMode(ChatError):
    """There is no user mode C{letter}, or users cannot change it themselves."""

    code = "UNKNOWN_USER_MODE"
    wording = "There is no user mode {letter} that you could change"
    letter: str

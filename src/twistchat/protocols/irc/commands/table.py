"""The tables of the IRC door's commands."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

Outcome: TypeAlias = "Deferred[Any] | Coroutine[Deferred[Any], Any, Any] | None"
"""The result of a command: fires when it has taken effect; C{None} if it already has."""

MODERN = "modern.ircdocs.horse"
"""The source of most commands."""

Run: TypeAlias = "Callable[[IrcConnection, Message, Reply], Outcome]"
"""
Executes a command.  It gets the client, the message and the reply.  It raises a C{ChatError} if the chat refuses the
command, or adds it with L{Reply.error <twistchat.protocols.irc.replies.reply.Reply.error>} and continues.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the IRC door.

    @ivar name: the name, in capitals.
    @ivar run: executes the command.
    @ivar parameters: the parameters, as HELP shows them.
    @ivar summary: what the command does, in one line.
    @ivar source: the specification of the command, for HELP and the documentation.
    @ivar minParams: the least number of parameters; numeric 461 if there are fewer.
    @ivar concurrent: whether it sends a message, which may be in flight with other messages.
    @ivar early: whether unregistered clients may use it; numeric 451 if they may not.
    @ivar privilege: the privilege that it needs, and numeric 481 without it; C{""} if it needs none.
    """

    name: str
    run: Run
    parameters: str
    summary: str
    source: str
    minParams: int = 0
    concurrent: bool = False
    early: bool = False
    privilege: str = ""

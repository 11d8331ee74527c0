"""The command table of the IRC door: what a command is, and how one is entered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

Outcome: TypeAlias = "Deferred[Any] | Coroutine[Deferred[Any], Any, Any] | None"
"""What a command gives back: what to wait for until it has taken effect, or C{None} where it has."""

MODERN = "modern.ircdocs.horse"
"""The source of most commands."""

Run: TypeAlias = "Callable[[IrcConnection, Message, Reply], Outcome]"
"""
Obeys a command: is given the client, the message, and where its answers go.  It raises a C{ChatError} for what the chat
refuses, or says it with L{Reply.error <twistchat.protocols.irc.replies.reply.Reply.error>} where it goes on.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the IRC door.

    @ivar name: its name, in capitals.
    @ivar parameters: its parameters, as HELP shows them.
    @ivar summary: what it does, in one line.
    @ivar source: the specification that it is from, for the support table.
    @ivar run: obeys it.
    @ivar minParams: how many parameters it needs (numeric 461 where there are fewer).
    @ivar concurrent: whether it may be under way with others of its kind: it sends a message.
    @ivar early: whether it is obeyed before registration too (numeric 451 where it is not).
    @ivar privilege: what an operator of the server must be allowed to do to give it (numeric 481); C{""} where anyone
        may.
    """

    name: str
    parameters: str
    summary: str
    source: str
    run: Run
    minParams: int = 0
    concurrent: bool = False
    early: bool = False
    privilege: str = ""


class Table:
    """Commands of one topic, in the order in which HELP lists them."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def command(
        self,
        name: str,
        parameters: str,
        summary: str,
        source: str,
        *,
        minParams: int = 0,
        concurrent: bool = False,
        early: bool = False,
        privilege: str = "",
    ) -> Callable[[Run], Run]:
        """Enter the decorated function as a command.  The arguments are those of L{Command}."""

        def enter(run: Run) -> Run:
            self._commands[name] = Command(
                name, parameters, summary, source, run, minParams, concurrent, early, privilege
            )
            return run

        return enter

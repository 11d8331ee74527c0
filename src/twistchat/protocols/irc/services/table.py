"""The tables of the services' commands.  A service is a name that people send commands to, as C{NickServ}."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request

Run: TypeAlias = "Callable[[Request], Coroutine[Deferred[Any], Any, None]]"
"""
Executes a command of a service.  It raises a C{ChatError} if the chat refuses the command, or L{Usage} if the words of
the command make no sense.
"""


class Usage(Exception):
    """The words of a command make no sense.  The answer shows how to use the command."""


@dataclass(frozen=True, slots=True)
class ServiceCommand:
    """
    A command of a service.

    @ivar name: the name, in capitals.
    @ivar run: executes the command.
    @ivar parameters: the parameters, as HELP shows them.
    @ivar summary: what the command does, in one line, after the word "to".
    @ivar example: the parameters of an example.
    @ivar least: the least number of words after the name.
    @ivar most: the greatest number of words after the name; C{None} for any.
    @ivar secret: whether the words may contain a password or a code, which no echo repeats.
    @ivar account: whether the client must be logged in to an account.
    @ivar details: further lines of HELP.
    @ivar privilege: operators of the server with this privilege need no account; C{""} if everyone needs one.
    """

    name: str
    run: Run
    parameters: str
    summary: str
    example: str = ""
    least: int = 0
    most: int | None = None
    secret: bool = False
    account: bool = False
    privilege: str = ""
    details: tuple[str, ...] = ()


class Service:
    """
    A service.

    @ivar nick: its nick, which no user can have.
    @ivar ircCommands: the IRC commands that reach it, the shortest first.
    @ivar purpose: what it does, after its name.
    @ivar commands: its commands, by name.
    @ivar aliases: further names of commands.
    """

    __slots__ = ("aliases", "commands", "ircCommands", "nick", "purpose")

    def __init__(
        self, nick: str, short: str, purpose: str, commands: Iterable[ServiceCommand], aliases: Mapping[str, str]
    ) -> None:
        """
        @param short: the short IRC command that reaches it.
        @param aliases: the names of commands, by their further names.
        """
        self.nick = nick
        self.ircCommands = (short, nick.upper())
        self.purpose = purpose
        self.commands = {command.name: command for command in commands}
        self.aliases = aliases

    def command(self, word: str) -> ServiceCommand | None:
        """Get the command with this name, ignoring case."""
        name = word.upper()
        return self.commands.get(self.aliases.get(name, name))

    def mask(self, server: str) -> str:
        """
        The source of its notices.

        @param server: the name of the server.
        """
        return f"{self.nick}!{self.nick}@{server}"

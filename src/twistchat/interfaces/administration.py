"""Administering the server: the commands of the console, for doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.interfaces.accounts import Caller


class CommandRefused(Exception):
    """
    A command is refused.

    @ivar code: a unique name of the error for programs.
    @ivar text: a sentence for people, without its full stop.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class IAdministration(Interface):
    """
    Executes the commands of administrators.

    The caller has checked, for each call, that it serves an administrator of the server.
    """

    def status() -> Mapping[str, object]:
        """
        Describe the server, as a value for JSON.  See L{statusOf <twistchat.services.control.status.statusOf>}.  It
        also has C{bans}, the number of bans from the server.
        """

    def execute(
        caller: Caller,
        who: str,
        command: str,
        arguments: Mapping[str, object],
        matching: str = "",
        skip: int = 0,
        isAllowed: Callable[[], bool] = lambda: True,
    ) -> Deferred[Mapping[str, object]]:
        """
        Execute a command.  If it changes something, it is recorded in the audit trail first.

        The answer of a command that lists something has the items that match, as a list, and C{more}, whether there are
        others behind them.  The answer of a command that takes long may be C{{"begun": true}}; it goes on then.

        @param caller: who asks, and from where.  The name of its door is recorded.
        @param who: the name of the account of who asks.
        @param command: the name of a command, such as C{server.kick}.
        @param arguments: its arguments.  Passwords are not hashed.
        @param matching: a part of one of the texts of each item of a list; case is ignored.  C{""} matches all.
        @param skip: the number of matching items to leave out.
        @param isAllowed: returns whether the caller is still an administrator.  It is asked again if the command has
            waited, as for the hash of a password, before it changes something.
        @return: fails with L{CommandRefused}.
        """

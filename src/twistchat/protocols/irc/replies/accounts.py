"""The numerics that tell a client which account it is logged in to (IRCv3 sasl-3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


def showLoggedIn(client: IrcConnection, reply: Reply, account: str) -> None:
    """Reply with RPL_LOGGEDIN, after any kind of login."""
    reply.numeric(n.RPL_LOGGEDIN, _mask(client), account, f"You are now logged in as {account}")


def showLoggedOut(client: IrcConnection, reply: Reply) -> None:
    """Reply with RPL_LOGGEDOUT."""
    reply.numeric(n.RPL_LOGGEDOUT, _mask(client), "You are now logged out")


def _mask(client: IrcConnection) -> str:
    """The client's C{nick!user@host}, with C{*} for what it has not sent yet."""
    registration = client.registration
    if registration is None:
        source = client.user.source
        return f"{source.nick}!{source.username}@{source.host}"
    host = client.context.cloak(client.address)
    return f"{registration.nick or '*'}!{registration.username or '*'}@{host}"

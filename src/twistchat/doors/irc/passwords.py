"""Checking the passwords that clients give: no faster, and no oftener, than the server can bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import TooFast

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection


async def fits(client: IrcConnection, hash: str | None, given: str) -> bool:
    """
    Check a password.  One that is wrong counts against the client's address.

    @param hash: that of the right one; C{None} where there is none, which takes as long to find out.
    @raise ChatError: too many were wrong, or too many wait to be checked; then this one is not looked at.
    """
    ticket = client.ticket
    wait = 0.0 if ticket is None else ticket.attempt()
    if wait:
        raise TooFast("give passwords", wait)
    right = await client.backstage.passwords.check(hash, given)
    if right and ticket is not None:
        ticket.succeeded()
    return right

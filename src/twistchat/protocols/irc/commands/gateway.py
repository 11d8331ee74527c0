"""C{WEBIRC}: a gateway names the client for which it connects (IRCv3 webirc)."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.chat.model.bans.server import parseAddress
from twistchat.net.client.table import CommandTable
from twistchat.net.listening.origin import gatewayOf
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

table = CommandTable(Command)


@table.command(
    "WEBIRC",
    "<password> <gateway> <hostname> <ip> [<options>]",
    "say for whom a gateway connects",
    "IRCv3 webirc",
    minParams=4,
    early=True,
)
def webirc(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{WEBIRC}: must be the first message, from a gateway in the configuration."""
    registration = client.registration
    if registration is None:
        reply.numeric(n.ERR_ALREADYREGISTERED, "You may not reregister")
        return None
    if not registration.first:
        client.closing.expel("WEBIRC must be the first message")
        return None
    password, _, _, address, *options = message.params
    words = " ".join(options).split()
    return _setClient(client, password, address, any([word.partition("=")[0] == "secure" for word in words]))


async def _setClient(client: IrcConnection, password: str, given: str, secure: bool) -> None:
    """
    Give the connection the address of the gateway's client.

    @param given: the client's IP address.
    @param secure: whether the connection is encrypted from the client to the gateway.
    """
    try:
        gateway = await gatewayOf(client.settings.webirc, client.address, password, partial(_checkPassword, client))
    except ChatError:
        client.closing.expel("Too many passwords to check; try again in a minute")
        return
    if client.ending:
        return
    if gateway is None:
        client.context.refusals.note(client.address, "it said WEBIRC, and is no gateway with this password", "webirc")
        client.closing.expel("Invalid WebIRC password, or address of a gateway")
        return
    address = parseAddress(given)
    if address is None:
        client.closing.expel("WEBIRC names no IP address")
    elif client.entrance.changeAddress(str(address), secure):
        client.begin()


async def _checkPassword(client: IrcConnection, hash: str, password: str) -> bool:
    """
    Check the password of a gateway, and limit wrong ones.

    A gateway sends its password with every connection.  The digest of a correct password stays in memory, so that only
    the first check is slow.
    """
    known, digest = client.irc.gateways, sha256(password.encode()).digest()
    if hash in known and compare_digest(known[hash], digest):
        return True
    right = await client.entrance.checkPassword(hash, password)
    if right:
        known[hash] = digest
    return right

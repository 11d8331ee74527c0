"""
Replies with metadata (IRCv3 metadata).

The server implements the text of C{draft/metadata-3}.  Clients with C{draft/metadata-2} get the same, with two
exceptions from the text of that capability: the values in notifications and synchronizations are messages METADATA, and
failures have its codes and parameters.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.capabilities import METADATA, METADATA_3

if TYPE_CHECKING:
    from twistchat.chat.errors import BadMetadataKey
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.rules.metadata import Described
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

BATCH: Final = "metadata"
"""The type of a batch with metadata ("Batch types")."""

EVERYTHING: Final = "*ALL"
"""The target that stands for all rooms and users about which a client hears ("METADATA SYNC")."""

AT_ONCE: Final = 100
"""
The most users and rooms whose metadata is sent without a request.  For more, the client is told to request it later
("Postponed synchronization"); the reply to that request is sent in portions.
"""

UNKNOWN: Final = "UNKNOWN_SUBCOMMAND"
"""The failure of an unknown subcommand; each of the two capabilities has a code of its own for it."""

_CODES: Final = {UNKNOWN: "INVALID_PARAMS"}
"""The codes of C{draft/metadata-3} ("Replies"), where they are not those of the errors."""

_OLDER_CODES: Final = {
    UNKNOWN: "SUBCOMMAND_INVALID",
    "INVALID_KEY": "KEY_INVALID",
    "INVALID_VALUE": "VALUE_INVALID",
}
"""The codes of C{draft/metadata-2} in place of those of the errors."""


def isAware(client: IrcConnection) -> bool:
    """Whether a client has enabled metadata."""
    return not METADATA.isdisjoint(client.capabilities)


def limitsOf(context: ServerContext) -> str:
    """Write the value of the capability, which lists the limits ("Capability")."""
    limits = context.settings.limits
    return (
        f"max-subs={limits.metadataSubscriptions},max-keys={limits.metadataKeys},"
        f"max-key-bytes={limits.metadataKey},max-value-bytes={limits.metadataValue}"
    )


def showKeyValue(reply: Reply, target: str, key: str, value: str | None) -> None:
    """Reply with the value of a key; or that it is not set."""
    if value is None:
        reply.numeric(n.RPL_KEYNOTSET, target, key, "Key not set")
    else:
        reply.numeric(n.RPL_KEYVALUE, target, key, "*", value)


def _isOlder(client: IrcConnection) -> bool:
    """Whether a client expects replies in the form of C{draft/metadata-2}."""
    return METADATA_3 not in client.capabilities


def refuse(client: IrcConnection, reply: Reply, code: str, *rest: str) -> None:
    """
    Reply with a failure.

    @param code: the code of an error, or L{UNKNOWN}.
    @param rest: see L{Reply.fail}.
    """
    codes = _OLDER_CODES if _isOlder(client) else _CODES
    reply.fail(codes.get(code, code), *rest)


def warnOfKey(client: IrcConnection, reply: Reply, key: str, error: BadMetadataKey) -> None:
    """Reply that one of several keys is not valid.  In the older capability this is a failure, not a warning."""
    if _isOlder(client):
        refuse(client, reply, error.code, key, error.text)
    else:
        reply.warn(error.code, key, error.text)


def refuseLimit(client: IrcConnection, reply: Reply, command: str, item: str, limit: int, text: str) -> None:
    """
    Reply that a limit is reached.

    @param command: the subcommand.
    @param item: the target of SET, or the key of SUB.
    """
    if not _isOlder(client):
        reply.fail("LIMIT_REACHED", command, item, str(limit), text)
    else:
        reply.fail("TOO_MANY_SUBS" if command == "SUB" else "LIMIT_REACHED", item, text)


def refuseRate(
    client: IrcConnection, reply: Reply, wait: float, target: str, command: str, params: Sequence[str]
) -> None:
    """
    Reply that the client changes metadata too often.  775 repeats the request, so that the client can send it again.

    @param wait: how long the client should wait, in seconds.
    @param params: the parameters after the subcommand.
    """
    seconds = str(ceil(wait))
    if not _isOlder(client):
        reply.numeric(n.ERR_METADATARATELIMIT, seconds, target, command, *params)
        return
    key = params[0] if params else "*"
    reply.fail("RATE_LIMITED", target, key, seconds, f"You change metadata too fast; wait {seconds} s")


def postpone(reply: Reply, target: str) -> None:
    """Reply that the client should request the metadata of a target ("Postponed synchronization")."""
    reply.numeric(n.ERR_METADATASYNCLATER, target, "0", "Request the metadata with METADATA SYNC")


async def synchronize(
    client: IrcConnection, reply: Reply, target: str, found: Iterable[Described], keys: Container[str]
) -> None:
    """
    Reply with the values of some keys of users and rooms, in portions.  Keys that are not set are left out.

    @param target: the target of the batch.
    """
    with reply.batch(BATCH, target):
        for described in found:
            await reply.step()
            _show(client, reply, described, keys)


async def synchronizeRoom(client: IrcConnection, reply: Reply, room: Room) -> None:
    """Reply with the metadata of a room and its members to a client that joined it ("Automatic synchronization")."""
    if len(room.members) > AT_ONCE:
        postpone(reply, room.name)
        return
    session = client.openSession
    found = client.context.chat.metadata.within(session, room)
    await synchronize(client, reply, room.name, found, session.subscribed)


def synchronizeUsers(client: IrcConnection, reply: Reply, nicks: Iterable[str]) -> None:
    """Reply with the metadata of users whom a client watches ("Automatic synchronization")."""
    session = client.openSession
    for nick in nicks:
        described = client.context.chat.metadata.of(session, nick)
        with reply.batch(BATCH, described.name):
            _show(client, reply, described, session.subscribed)


def showOwn(client: IrcConnection, reply: Reply) -> None:
    """Reply with all metadata of the client's user, when it has registered ("Automatic synchronization")."""
    described = client.context.chat.metadata.of(client.openSession, "*")
    with reply.batch(BATCH, described.name):
        _show(client, reply, described, described.values)


def few(found: Iterator[Described]) -> list[Described] | None:
    """
    Take users and rooms, if they are few enough to be sent without a request.

    @return: C{None} if they are more.
    """
    taken: list[Described] = []
    for described in found:
        if len(taken) == AT_ONCE:
            return None
        taken.append(described)
    return taken


def _show(client: IrcConnection, reply: Reply, described: Described, keys: Container[str]) -> None:
    for key in sorted(described.values):
        if key in keys:
            value = described.values[key]
            if METADATA_3 in client.capabilities:
                showKeyValue(reply, described.name, key, value)
            else:
                reply.line("METADATA", described.name, key, "*", value)

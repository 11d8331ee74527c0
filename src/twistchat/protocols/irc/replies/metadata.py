"""
Replies with metadata (IRCv3 metadata).

The server implements the text of C{draft/metadata-3}.  Clients with C{draft/metadata-2} get the same, except that
the values in notifications and synchronizations are messages METADATA, as in the text of that capability.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.dialect import METADATA, METADATA_3

if TYPE_CHECKING:
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


def postpone(reply: Reply, target: str) -> None:
    """Reply that the client should request the metadata of a target ("Postponed synchronization")."""
    reply.numeric(n.RPL_METADATASYNCLATER, target, "0", "Request the metadata with METADATA SYNC")


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

"""
Sends entries of the history to a client, in a batch and in portions.

A client asked for them, or has entered a room.  Every way to the history on the IRC door ends here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import (
    Entry,
    Event,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    ModesSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TopicSet,
)
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import TEXTS, Kept, Kinds
from twistchat.chat.model.texts import asksClients
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.history.sharing import Page, pageKey
from twistchat.wire.irc.labels import inBatch
from twistchat.wire.irc.message import serialize

if TYPE_CHECKING:
    from twistchat.chat.rules.reading import Conversation
    from twistchat.protocols.irc.history.sharing import Key
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

PLAYBACK: Final[Kinds] = TEXTS | {Joined, Parted, Quit, Killed, Renamed, Kicked, ModesSet, TopicSet}
"""The events for clients with C{draft/event-playback}."""

REDACTIONS: Final[Kinds] = frozenset({RoomMessageRedacted, PrivateMessageRedacted})
"""The redactions of texts and of tags."""

PLAYBACK_NEEDS: Final[dict[str, Kinds]] = {
    "draft/channel-rename": frozenset({RoomRenamed}),
    "draft/message-redaction": REDACTIONS,
    "message-tags": frozenset({KeptRoomTagMessage, KeptPrivateTagMessage}),
}
"""Further events for clients with C{draft/event-playback} and another capability, without which they have no line."""

STEPS_OF_QUEUE: Final = 512
"""The steps that as many bytes count as may wait for a client.  So a portion is a small part of them."""


class Shown(NamedTuple):
    """
    The result of L{sendHistory}.

    @ivar entries: the number of entries.
    @ivar damaged: the number of entries that cannot be shown, because they changed on disk.
    """

    entries: int
    damaged: int


def kindsFor(client: IrcConnection) -> Kinds:
    """
    The classes of events that a client gets from the history (IRCv3 chathistory, "CHATHISTORY Command").

    It has only classes that the client's dialect has a line for.  So no page has fewer lines than the client asked for,
    while there are more.
    """
    capabilities = client.capabilities
    if "draft/event-playback" not in capabilities:
        return TEXTS
    return PLAYBACK.union(*[kinds for name, kinds in PLAYBACK_NEEDS.items() if name in capabilities])


async def sendHistory(
    client: IrcConnection,
    reply: Reply,
    conversation: Conversation,
    kept: Sequence[Kept],
    kind: str = "chathistory",
    stamp: bool = False,
) -> Shown:
    """
    Add entries to a reply, in a batch, and send them in portions.

    @param conversation: the conversation, as the client's user sees it now.
    @param kind: the type of the batch.
    @param stamp: whether the client may take the texts for new ones.  Then CTCP requests are left out, and texts have
        their time in front if the client does not have C{server-time}.
    @raise Gone: the client disconnected.
    """
    session, entries, damaged = client.openSession, 0, 0
    await reply.turn()
    key = None if stamp else pageKey(client, conversation, kept, kind)
    page = None if key is None else await _page(client, reply, conversation, kept, key)
    if page is not None:
        reply.lines([page.data])
        return Shown(page.entries, sum([not isinstance(item, Entry) for item in kept]))
    with reply.batch(kind, conversation.name):
        for item in kept:
            if not isinstance(item, Entry):
                damaged += 1
                continue
            if session.user is None:
                raise Gone
            if isIgnored(session, item.event) or (stamp and isRequest(item.event)):
                continue
            data = render(client, item, conversation, stamp)
            await reply.step(steps(client, data))
            if data:
                entries += 1
                reply.lines([data])
    return Shown(entries, damaged)


async def _page(
    client: IrcConnection, reply: Reply, conversation: Conversation, kept: Sequence[Kept], key: Key
) -> Page | None:
    """
    Render a page in its batch, or find it rendered.

    All clients get the same reference of the batch, which no other batch of the server has.

    @return: C{None} if the page is more than a quarter of what may wait for the client, so that it must be sent in
        portions.
    """
    pages, space = client.irc.pages, client.settings.limits.sendq // 4
    found = pages.get(key)
    if found is not None:
        await reply.step()
        return found if len(found.data) <= space else None
    reference, (_, kind, name, *_) = client.nextReference(), key
    lines = [serialize("BATCH", (f"+{reference}", kind, name), client.server)]
    for item in kept:
        data = render(client, item, conversation) if isinstance(item, Entry) else b""
        await reply.step(steps(client, data))
        if data:
            lines.append(inBatch(data, reference))
            space -= len(lines[-1])
        if space < 0:
            return None
    page = Page(b"".join([*lines, serialize("BATCH", (f"-{reference}",), client.server)]), len(lines) - 1)
    pages.add(key, page)
    return page


async def sendLines(client: IrcConnection, reply: Reply, name: str, lines: Sequence[bytes]) -> None:
    """
    Add rendered entries to a reply, in a batch, and send them in portions.

    @param name: the name of the conversation.
    @param lines: the lines of each entry.
    @raise Gone: the client disconnected.
    """
    with reply.batch("chathistory", name):
        for data in lines:
            await reply.step(steps(client, data))
            reply.lines([data])


def render(client: IrcConnection, entry: Entry, conversation: Conversation, stamp: bool = False) -> bytes:
    """
    Render an entry of a conversation.  The arguments are those of L{sendHistory}.

    In a private conversation the source and the target are the present nicks of the two users, so that a client shows
    all of it in one place (IRCv3 chathistory, "Implementation Considerations").
    """
    event = entry.event
    if isinstance(event, (PrivateMessage, PrivateMessageRedacted, PrivateTagMessage)):
        own, other = client.user.source, conversation.name
        event = replace(
            event, source=_present(event.source, own, other), recipient=_present(event.recipient, own, other)
        )
    if stamp:
        event = stamped(client, entry.time, event)
    if event is not entry.event:
        entry = replace(entry, event=event)
    return client.render(conversation.place, entry)


def steps(client: IrcConnection, data: bytes) -> int:
    """The number of steps that a rendered entry counts as, see L{Reply.step}."""
    return 1 + len(data) * STEPS_OF_QUEUE // client.settings.limits.sendq


def isRequest(event: Event) -> bool:
    """Whether a text is a CTCP request, which a client answers that does not know how old it is."""
    return isinstance(event, (RoomMessage, PrivateMessage)) and asksClients(event.text)


def stamped(client: IrcConnection, time: int, event: Event) -> Event:
    """
    Put its time into a text, for a client without C{server-time}.

    @param time: milliseconds since the epoch.
    @return: the same event if the client sees the time anyway, or if it is no text.
    """
    if "server-time" in client.capabilities or not isinstance(event, (RoomMessage, PrivateMessage)):
        return event
    head = f"[{datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M}] "
    return replace(event, text=head + event.text, cuts=tuple([len(head) + cut for cut in event.cuts]))


def _present(source: Source, own: Source, other: str) -> Source:
    """
    One side of a private conversation with its present nick.

    @param own: the present names of the reader.
    @param other: the present nick of the other user.
    """
    isOwn = own.account is not None and source.account is not None and fold(source.account) == fold(own.account)
    nick = own.nick if isOwn else other
    return source if source.nick == nick else replace(source, nick=nick)

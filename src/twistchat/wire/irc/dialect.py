"""
Render entries for IRC clients: one dialect for each view and each set of capabilities that changes the bytes.

Every field of an event is untrusted: see L{twistchat.wire.irc.cleaning}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final
from weakref import WeakValueDictionary

from zope.interface import implementer

from twistchat.chat.model.events import (
    SERVER,
    AccountSet,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Invited,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    ModeChange,
    ModesSet,
    OperatorSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRenamed,
    RoomTagMessage,
    ServerBanLifted,
    ServerBanSet,
    Source,
    Tags,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
)
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.interfaces import IDialect
from twistchat.wire.framing import STREAM, Framing, framed
from twistchat.wire.irc.capabilities import METADATA, METADATA_3
from twistchat.wire.irc.cleaning import (
    Stampclock,
    cleanName,
    cleanText,
    clientTags,
    mask,
    tagValue,
    write,
    writeList,
)
from twistchat.wire.irc.message import room
from twistchat.wire.irc.notices import Noted, noted
from twistchat.wire.irc.numerics import (
    ERR_METADATASYNCLATER,
    RPL_KEYNOTSET,
    RPL_KEYVALUE,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
)
from twistchat.wire.irc.texts import Pieces, split, statusTarget, writeText
from twistchat.wire.irc.views import View, relevant
from twistchat.wire.irc.wrapping import wrap


@implementer(IDialect)
class IrcDialect:
    """
    Renders entries for IRC clients with the same capabilities, in one view.

    L{IrcDialects} makes one object for each set of capabilities and view, so dialects compare by identity.
    """

    __slots__ = ("__weakref__", "_account", "_clock", "_has", "_serverName", "_tagged", "_timed", "_writers")

    def __init__(self, serverName: str, clock: Stampclock, capabilities: frozenset[str], view: View) -> None:
        """
        @param serverName: the source of the server's own lines.
        @param clock: formats times.  All dialects share it, because most consecutive entries are in the same second.
        @param capabilities: the capabilities in effect that change the bytes.
        @param view: why the sessions of this dialect receive events.
        """
        self._serverName = cleanName(serverName)
        self._clock = clock
        self._has = capabilities
        self._timed = "server-time" in capabilities
        self._tagged = "message-tags" in capabilities
        self._account = "account-tag" in capabilities
        self._writers = _WRITERS[view]

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        event = entry.event
        writer = self._writers.get(type(event))
        return b"" if writer is None else writer(self, entry, event)

    # Tags

    def _tags(self, entry: Entry, source: Source | None, client: Tags = (), *, first: bool = True) -> bytes:
        """
        Write the tags of a line, with the C{@} and the space.

        @param source: the source of the line; C{None} for the server.
        @param client: client-only tags.
        @param first: whether this is the first line of the entry.  Only the first has the message id (message-ids, "Tag
            value"; multiline, "Message ids").
        """
        tags = f";time={self._clock.show(entry.time)}" if self._timed else ""
        if source is not None:
            if self._tagged and first:
                tags += tagValue(";msgid", entry.msgid)
            if self._account and source.account is not None:
                tags += tagValue(";account", source.account)
            if self._tagged:
                if source.bot:
                    tags += ";bot"
                if client:
                    tags += clientTags(client)
        return f"@{tags[1:]} ".encode() if tags else b""

    def _by(
        self, entry: Entry, source: Source, command: str, *names: str, text: str | None = None, first: bool = True
    ) -> bytes:
        """Write one line from a user."""
        line = write(mask(source), command, names, text)
        return self._tags(entry, source, first=first) + line if line else b""

    def _byServer(self, entry: Entry, command: str, *names: str, text: str | None = None) -> bytes:
        """Write one line from the server."""
        line = write(self._serverName, command, names, text)
        return self._tags(entry, None) + line if line else b""

    # Texts

    def _roomMessage(self, entry: Entry, event: RoomMessage) -> bytes:
        return self._text(entry, event, statusTarget(event.rank, event.room) if event.rank else event.room)

    def _privateMessage(self, entry: Entry, event: PrivateMessage) -> bytes:
        return self._text(entry, event, event.recipient.nick)

    def _text(self, entry: Entry, event: RoomMessage | PrivateMessage, target: str) -> bytes:
        source = event.source
        tags = self._tags(entry, source, event.tags)
        data = b"" if event.cuts else writeText(tags, source, target, event.text, event.kind)
        if data:
            return data
        pieces = split(source, target, event.text, event.kind, event.cuts)
        if pieces is None or not any(pieces.lines):
            return b""
        if len(pieces.lines) == len(pieces.lines[0]) == 1:
            return tags + pieces.lines[0][0]
        if "draft/multiline" in self._has and event.kind != "action":
            return self._batch(entry, tags, pieces)
        first, *rest = chain.from_iterable(pieces.lines)
        again = self._tags(entry, source, first=False)
        return b"".join((tags, first, *(again + piece for piece in rest)))

    def _batch(self, entry: Entry, tags: bytes, pieces: Pieces) -> bytes:
        """Write a text of several lines; the line that opens the batch has all tags of the message."""
        reference = f"m{entry.sequence}"
        batched = [
            tags,
            write(pieces.source, "BATCH", (f"+{reference}", "draft/multiline", pieces.target)),
        ]
        for line in pieces.lines:
            joint = b"@batch=%b " % reference.encode()
            for piece in line or (pieces.blank,):
                batched += (joint, piece)
                joint = b"@batch=%b;draft/multiline-concat " % reference.encode()
        batched.append(write(pieces.source, "BATCH", (f"-{reference}",)))
        return b"".join(batched)

    def _roomTagMessage(self, entry: Entry, event: RoomTagMessage) -> bytes:
        return self._tagMessage(entry, event, statusTarget(event.rank, event.room))

    def _privateTagMessage(self, entry: Entry, event: PrivateTagMessage) -> bytes:
        return self._tagMessage(entry, event, event.recipient.nick)

    def _tagMessage(self, entry: Entry, event: RoomTagMessage | PrivateTagMessage, target: str) -> bytes:
        """Write tags without a text, for clients with message-tags only (message-tags, "TAGMSG")."""
        if not self._tagged:
            return b""
        line = write(mask(event.source), "TAGMSG", (target,))
        return self._tags(entry, event.source, event.tags) + line if line else b""

    def _roomMessageRedacted(self, entry: Entry, event: RoomMessageRedacted) -> bytes:
        return self._redact(entry, event, statusTarget(event.rank, event.room) if event.rank else event.room)

    def _privateMessageRedacted(self, entry: Entry, event: PrivateMessageRedacted) -> bytes:
        return self._redact(entry, event, event.recipient.nick)

    def _redact(self, entry: Entry, event: RoomMessageRedacted | PrivateMessageRedacted, target: str) -> bytes:
        if "draft/message-redaction" not in self._has:
            return b""
        return self._by(entry, event.source, "REDACT", target, event.msgid, text=event.reason or None)

    # Rooms

    def _joined(self, entry: Entry, event: Joined) -> bytes:
        source = event.source
        if "extended-join" in self._has:
            data = self._by(entry, source, "JOIN", event.room, source.account or "*", text=source.realname)
        else:
            data = self._by(entry, source, "JOIN", event.room)
        if event.away is not None and "away-notify" in self._has:
            data += self._by(entry, source, "AWAY", text=event.away, first=False)
        if event.ranks and not event.first:
            data += self._modesByServer(entry, event.room, [(f"+{letter}", source.nick) for letter in event.ranks])
        return data

    def _parted(self, entry: Entry, event: Parted) -> bytes:
        return self._by(entry, event.source, "PART", event.room, text=event.reason or None)

    def _kicked(self, entry: Entry, event: Kicked) -> bytes:
        """The default reason is the nick of the user who kicks (RFC 2812, section 3.2.8)."""
        names = event.room, event.kicked.nick
        if event.source == SERVER:
            return self._byServer(entry, "KICK", *names, text=event.reason or self._serverName)
        return self._by(entry, event.source, "KICK", *names, text=event.reason or event.source.nick)

    def _topicSet(self, entry: Entry, event: TopicSet) -> bytes:
        return self._by(entry, event.source, "TOPIC", event.room, text=event.topic)

    def _modesSet(self, entry: Entry, event: ModesSet) -> bytes:
        source = event.source
        changes = [(f"{'+' if change.adding else '-'}{change.letter}", _parameter(change)) for change in event.changes]
        if source == SERVER:
            return self._modesByServer(entry, event.room, changes)
        first, *rest = writeList(mask(source), "MODE", (event.room,), changes) or (b"",)
        again = self._tags(entry, source, first=False)
        data = self._tags(entry, source) + first if first else b""
        return data + b"".join([again + line for line in rest if line])

    def _modesByServer(self, entry: Entry, room: str, changes: Sequence[tuple[str, str | None]]) -> bytes:
        lines = writeList(self._serverName, "MODE", (room,), changes)
        return b"".join([self._tags(entry, None) + line for line in lines if line])

    def _roomRenamed(self, entry: Entry, event: RoomRenamed) -> bytes:
        if "draft/channel-rename" not in self._has:
            return b""
        return self._by(entry, event.source, "RENAME", event.room, event.name, text=event.reason)

    def _invited(self, entry: Entry, event: Invited) -> bytes:
        return self._by(entry, event.source, "INVITE", event.invitee.nick, event.room)

    def _othersInvited(self, entry: Entry, event: Invited) -> bytes:
        return self._invited(entry, event) if "invite-notify" in self._has else b""

    # Users

    def _quit(self, entry: Entry, event: Quit) -> bytes:
        return self._by(entry, event.source, "QUIT", text=event.reason)

    def _killed(self, entry: Entry, event: Killed) -> bytes:
        """Other users see a QUIT (modern.ircdocs.horse, "KILL message")."""
        why = f"{event.source.shown} ({event.reason})" if event.reason else event.source.shown
        return self._by(entry, event.killed, "QUIT", text=f"Killed ({why})")

    def _renamed(self, entry: Entry, event: Renamed) -> bytes:
        return self._by(entry, event.source, "NICK", event.nick)

    def _awaySet(self, entry: Entry, event: AwaySet) -> bytes:
        return self._by(entry, event.source, "AWAY", text=event.message) if "away-notify" in self._has else b""

    def _realnameSet(self, entry: Entry, event: RealnameSet) -> bytes:
        return self._by(entry, event.source, "SETNAME", text=event.realname) if "setname" in self._has else b""

    def _hostSet(self, entry: Entry, event: HostSet) -> bytes:
        return self._by(entry, event.source, "CHGHOST", event.username, event.host) if "chghost" in self._has else b""

    def _accountSet(self, entry: Entry, event: AccountSet) -> bytes:
        if "account-notify" not in self._has:
            return b""
        return self._by(entry, event.source, "ACCOUNT", event.account or "*")

    def _userModesSet(self, entry: Entry, event: UserModesSet) -> bytes:
        changes = "".join([sign + letters for sign, letters in (("+", event.added), ("-", event.removed)) if letters])
        return self._by(entry, event.source, "MODE", event.source.nick, text=changes) if changes else b""

    def _operatorSet(self, entry: Entry, event: OperatorSet) -> bytes:
        return self._by(entry, event.source, "MODE", event.source.nick, text="-o" if event.title is None else "+o")

    def _announced(self, entry: Entry, event: Announced) -> bytes:
        """A text to all users is a notice.  Its target is C{*}, so that they share the bytes."""
        if not event.everyone:
            return self._by(entry, event.source, "WALLOPS", text=event.text)
        pieces = wrap(cleanText(event.text), room("NOTICE", ("*",), self._serverName))
        return b"".join([self._byServer(entry, "NOTICE", "*", text=piece) for piece in pieces])

    def _userMetadataSet(self, entry: Entry, event: UserMetadataSet) -> bytes:
        return self._metadataSet(entry, event.source.nick, event.key, event.value)

    def _roomMetadataSet(self, entry: Entry, event: RoomMetadataSet) -> bytes:
        return self._metadataSet(entry, event.room, event.key, event.value)

    def _metadataSet(self, entry: Entry, target: str, key: str, value: str | None) -> bytes:
        """
        The target of the numerics is C{*}, so that all subscribers share the bytes (metadata, "Notifications").  A
        client with C{draft/metadata-2} gets a message METADATA instead.
        """
        if METADATA_3 not in self._has:
            if METADATA.isdisjoint(self._has):
                return b""
            return self._byServer(entry, "METADATA", target, key, "*", text=value)
        if value is None:
            return self._byServer(entry, RPL_KEYNOTSET, "*", target, key, text="Key not set")
        return self._byServer(entry, RPL_KEYVALUE, "*", target, key, "*", text=value)

    # Monitored users

    def _came(self, entry: Entry, event: Entered) -> bytes:
        """The target is C{*}, so that all watchers share the bytes (monitor, "730 - RPL_MONONLINE")."""
        data = self._byServer(entry, RPL_MONONLINE, "*", text=mask(event.source))
        if METADATA.isdisjoint(self._has):
            return data
        text = "Request the metadata with METADATA SYNC"
        return data + self._byServer(entry, ERR_METADATASYNCLATER, "*", event.source.nick, "0", text=text)

    def _left(self, entry: Entry, event: Quit) -> bytes:
        return self._offline(entry, event.source)

    def _wasKilled(self, entry: Entry, event: Killed) -> bytes:
        return self._offline(entry, event.killed)

    def _offline(self, entry: Entry, source: Source) -> bytes:
        return self._byServer(entry, RPL_MONOFFLINE, "*", text=cleanName(source.nick))

    # Server notices

    def _noted(self, entry: Entry, event: Noted) -> bytes:
        """The target is C{*}, so that all operators share the bytes."""
        return self._byServer(entry, "NOTICE", "*", text=f"*** {noted(event)}")


def _parameter(change: ModeChange) -> str | None:
    """The parameter of a change; some modes have one only when they are set (modern.ircdocs.horse, "MODE message")."""
    mode = ROOM_MODES.get(change.letter)
    return None if mode is not None and mode.shape is Shape.ON_SET and not change.adding else change.parameter


_Writer = Callable[[IrcDialect, Entry, Any], bytes]

_EVERYWHERE: Final[dict[type[Event], _Writer]] = {
    RoomMessage: IrcDialect._roomMessage,
    PrivateMessage: IrcDialect._privateMessage,
    RoomTagMessage: IrcDialect._roomTagMessage,
    PrivateTagMessage: IrcDialect._privateTagMessage,
    KeptRoomTagMessage: IrcDialect._roomTagMessage,
    KeptPrivateTagMessage: IrcDialect._privateTagMessage,
    RoomMessageRedacted: IrcDialect._roomMessageRedacted,
    PrivateMessageRedacted: IrcDialect._privateMessageRedacted,
    Joined: IrcDialect._joined,
    Parted: IrcDialect._parted,
    Kicked: IrcDialect._kicked,
    TopicSet: IrcDialect._topicSet,
    ModesSet: IrcDialect._modesSet,
    RoomRenamed: IrcDialect._roomRenamed,
    Quit: IrcDialect._quit,
    Killed: IrcDialect._killed,
    Renamed: IrcDialect._renamed,
    AwaySet: IrcDialect._awaySet,
    RealnameSet: IrcDialect._realnameSet,
    HostSet: IrcDialect._hostSet,
    AccountSet: IrcDialect._accountSet,
    Announced: IrcDialect._announced,
}

_WRITERS: Final[dict[View, dict[type[Event], _Writer]]] = {
    View.ROOM: {**_EVERYWHERE, Invited: IrcDialect._othersInvited},
    View.SELF: {
        **_EVERYWHERE,
        Invited: IrcDialect._invited,
        UserModesSet: IrcDialect._userModesSet,
        OperatorSet: IrcDialect._operatorSet,
        UserMetadataSet: IrcDialect._userMetadataSet,
        RoomMetadataSet: IrcDialect._roomMetadataSet,
        KeptRoomMetadataSet: IrcDialect._roomMetadataSet,
    },
    View.WATCHED: {
        Entered: IrcDialect._came,
        Quit: IrcDialect._left,
        Killed: IrcDialect._wasKilled,
        AwaySet: IrcDialect._awaySet,
        RealnameSet: IrcDialect._realnameSet,
        HostSet: IrcDialect._hostSet,
        AccountSet: IrcDialect._accountSet,
    },
    View.NOTICES: {
        OperatorSet: IrcDialect._noted,
        Killed: IrcDialect._noted,
        ServerBanSet: IrcDialect._noted,
        ServerBanLifted: IrcDialect._noted,
    },
}
"""How each view renders each type of event.  A view renders nothing for a type that is not listed."""

_relevant = lru_cache(1024)(relevant)
"""L{relevant} with a cache: each change of capabilities asks for every view, and most clients have the same ones."""


class IrcDialects:
    """The dialects of a server: one object for each, as long as any session uses it."""

    def __init__(self, serverName: str) -> None:
        self._serverName = serverName
        self._clock = Stampclock()
        self._dialects: WeakValueDictionary[tuple[frozenset[str], View, Framing], IDialect] = WeakValueDictionary()

    def of(self, capabilities: Iterable[str], view: View, framing: Framing = STREAM) -> IDialect:
        """
        Find or make the dialect of a client.

        @param capabilities: all capabilities that the client has enabled.
        @param view: why the client receives the events.
        @param framing: how the client's carrier frames lines.
        """
        key = _relevant(frozenset(capabilities), view), view, framing
        dialect = self._dialects.get(key)
        if dialect is None:
            lines = IrcDialect(self._serverName, self._clock, *key[:2])
            dialect = self._dialects[key] = framed(lines, framing)
        return dialect

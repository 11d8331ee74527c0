"""Texts and tags, to rooms and to single users, and the redaction of texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import (
    Cuts,
    Entry,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    Kind,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    RoomMessage,
    RoomMessageRedacted,
    RoomTagMessage,
    Source,
    Tags,
)
from twistchat.chat.model.modes.room import OPERATOR, RANK_BY_LETTER, VOICE
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.spans import Around
from twistchat.chat.model.texts import FORMATTING, asksClients, checkMessage, checkText
from twistchat.chat.model.users import User
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.rooms.visibility import Readable, readableFrom, readablePrivate
from twistchat.chat.rules.users.inbox import Inbox, counted, leave, withdraw

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt, Refused


class Speaking:
    """
    The verbs that send and redact texts, and those that filter what a session gets.

    An asker is a session, or an L{Origin} for a labelled request of a session.
    """

    def __init__(self, core: Core, inbox: Inbox) -> None:
        """
        @param inbox: the texts that wait for accounts.
        """
        self._core = core
        self._inbox = inbox
        self._audit = Audit(core)

    def say(
        self,
        asker: Asker,
        name: str,
        text: str,
        kind: Kind = "message",
        tags: Tags = (),
        rank: str = "",
        cuts: Cuts = (),
    ) -> Receipt:
        """
        Send a text to a room.

        @param text: the text, with LF between its lines.
        @param rank: the letter of a rank: only members with this rank or a higher one get the text.  Only members can
            send such a text.
        @param cuts: the offsets at which the sender split long lines.
        """
        return self._core.propose(asker, self._text(asker.session, name, text, kind, tags, rank, cuts))

    def post(self, session: Session, name: str, text: str, refused: Refused, kind: Kind = "message") -> None:
        """
        Send a text to a room, without a receipt.  See L{ILog.post <twistchat.interfaces.ILog.post>}, and L{say} for the
        parameters.
        """
        self._core.log.post(self._text(session, name, text, kind), refused)

    def sayPrivate(
        self,
        asker: Asker,
        nick: str,
        text: str,
        kind: Kind = "message",
        tags: Tags = (),
        cuts: Cuts = (),
    ) -> Receipt:
        """
        Send a text to one user.  The parameters are those of L{say}.

        If the user has no session, or nobody has the nick and it belongs to an account, the text waits for the next
        login.  See L{Inbox.recipient} for the errors.
        """
        session, user = asker.session, self._core.user(asker)
        recipient = self._core.state.users.named(nick)
        if recipient is None or recipient.detached is not None:
            source = self._inbox.recipient(user, nick, kind)
            recipient = recipient or self._core.state.users.get(source.uid)
        else:
            source = recipient.source
        checkMessage(text, self._core.limits.message, self._core.limits.lines)
        if recipient is not None:
            _checkAccepted(recipient, user, text, kind)
        session.spoke = self._core.now()
        sending = self._core.propose(asker, PrivateMessage(user.source, session.id, source, text, kind, tags, cuts))
        if not source.uid:
            self._core.counted(counted(source.account or ""), sending)

            def arrived(failure: Any) -> Receipt:
                """Send the text to the user, who has come in the meantime."""
                failure.trap(errors.AlreadyLoggedIn)
                return self.sayPrivate(asker, nick, text, kind, tags, cuts)

            sending.addErrback(arrived)
        elif source.account is not None:
            account = source.account

            def gone(failure: Any) -> Receipt:
                """Send the text to the account, whose user has left in the meantime.  Others may have the nick now."""
                failure.trap(NoSuchNick)
                return self.sayPrivate(asker, account, text, kind, tags, cuts)

            sending.addErrback(gone)
        return sending

    def sendTags(self, asker: Asker, name: str, tags: Tags, rank: str = "") -> Receipt:
        """
        Send tags without a text to a room, under the rules for texts.  The parameters are those of L{say}.

        The history keeps them if one of them is in the list of kept tags, like a reaction or a reply.
        """
        user = self._core.user(asker)
        room = self._speaking(user, name, rank)
        kind = KeptRoomTagMessage if self._kept(tags) else RoomTagMessage
        return self._core.propose(asker, kind(user.source, room.name, asker.session.id, tags, rank))

    def sendTagsPrivate(self, asker: Asker, nick: str, tags: Tags) -> Receipt:
        """Send tags without a text to one user.  Some are kept, see L{sendTags}."""
        user = self._core.user(asker)
        recipient = self._core.named(nick)
        _checkAccepted(recipient, user, "", "message")
        kind = KeptPrivateTagMessage if self._kept(tags) else PrivateTagMessage
        return self._core.propose(asker, kind(user.source, asker.session.id, recipient.source, tags))

    def _kept(self, tags: Tags) -> bool:
        """Whether the history keeps a message with these tags and without a text."""
        kept = self._core.keptTags()
        return any(name in kept for name, _ in tags)

    # Redaction

    async def redact(self, asker: Asker, name: str, msgid: str, reason: str = "", rank: str = "") -> Entry:
        """
        Redact a text in a room that the asker is in, or kept tags.  Users can redact their own texts.  Operators of the
        room, and server operators with the privilege C{"redact"}, can redact all texts.

        Only its author and these server operators can redact a text that they may not read.

        @param msgid: the id of the text's entry.
        @param rank: the letter of the rank that the text was sent to; empty for one to all members.
        @raise NoSuchText: the room's history has no such text, or the asker may not read it.
        @raise NotYours: the asker may not redact it.
        """
        checkText("the reason", reason, self._core.limits.reason)
        place, member = self._core.membership(asker, name)
        where = f"{RANK_BY_LETTER[rank].prefix if rank else ''}{place.key}"
        text = await self._find(Readable(where, self._redactableFrom(place, member, msgid)), place.name, msgid)
        room, member = self._core.membership(asker, name)
        user, least = member.user, RANK_BY_LETTER[rank].level if rank else 0
        if room is not place or text.sequence < self._redactableFrom(room, member, msgid):
            raise errors.NoSuchText(room.name, msgid)
        isOthers, isAble = not _wrote(text, user.source), user.may("redact")
        if isOthers and not isAble:
            if member.level < least:
                raise errors.NoSuchText(room.name, msgid)
            if member.level < OPERATOR:
                raise errors.NotYours(room.name, msgid)
        if isOthers and isAble and not self._operates(room, member, least, text):
            self._audit.note(asker, "redact", room.name, _redaction(msgid, text, reason))
        return await self._core.propose(
            asker, RoomMessageRedacted(user.source, room.name, text.sequence, msgid, reason, rank)
        )

    async def redactPrivate(self, asker: Asker, nick: str, msgid: str, reason: str = "") -> Entry:
        """
        Redact a text in the private conversation with a user, who need not be here, or kept tags.  Both need an
        account, because only conversations between accounts can be read back.  Users can redact their own texts; server
        operators with the privilege C{"redact"} can redact all.

        @param msgid: the id of the text's entry.
        @raise NoSuchNick: nobody has this nick.
        @raise NoSuchText: the conversation has no such text.
        @raise NotYours: the asker may not redact it.
        """
        checkText("the reason", reason, self._core.limits.reason)
        readable = self._private(asker, nick, msgid)
        text = await self._find(readable, nick, msgid)
        user = self._core.user(asker)
        if self._private(asker, nick, msgid) != readable:
            raise errors.NoSuchText(nick, msgid)
        recipient = self._correspondent(user, nick, readable)
        if not _wrote(text, user.source):
            if not user.may("redact"):
                raise errors.NotYours(recipient.nick, msgid)
            self._audit.note(asker, "redact", recipient.nick, _redaction(msgid, text, reason))
        return await self._core.propose(
            asker, PrivateMessageRedacted(user.source, recipient, text.sequence, msgid, reason)
        )

    def _redactableFrom(self, room: Room, member: Member, msgid: str) -> int:
        """
        The sequence number of the first text of a room that a member can ask to redact.

        @raise NoSuchText: they can redact none.
        """
        first = 0 if member.user.may("redact") else readableFrom(self._core.state, room, member.user)
        if first is None:
            raise errors.NoSuchText(room.name, msgid)
        return first

    def _operates(self, room: Room, member: Member, least: int, text: Entry) -> bool:
        """Whether a member can redact this text of others by their rank in the room."""
        first = readableFrom(self._core.state, room, member.user)
        return member.level >= max(least, OPERATOR) and first is not None and text.sequence >= first

    def _private(self, asker: Asker, nick: str, msgid: str) -> Readable:
        """The private conversation in which a text is to be redacted."""
        try:
            return readablePrivate(self._core.state, self._core.user(asker), nick)
        except errors.NotKept:
            raise errors.NoSuchText(nick, msgid) from None

    def _correspondent(self, user: User, nick: str, readable: Readable) -> Source:
        """The names of the other user of a private conversation; without a uid if they are not here."""
        users, own = self._core.state.users, fold(user.source.account or "")
        one, _, two = readable.conversation.partition(" ")
        name = two if one == own else one
        other = users.named(nick) or users.ofAccount(name)
        if other is not None:
            return other.source
        account = self._core.state.accounts.get(name)
        name = nick if account is None else account.name
        return Source("", name, account=name)

    # Filters of a session

    def setEcho(self, session: Session, echo: bool) -> None:
        """Set whether a session gets its own texts."""
        self._core.state.broadcast.flushTo(session)
        session.echo = echo

    def ignore(self, session: Session, nick: str) -> User:
        """
        Stop delivering texts and invitations of a user to a session, also after the user changes their nick.

        @return: the ignored user.
        """
        user = self._core.named(nick)
        self._core.state.broadcast.flushTo(session)
        session.ignored.setdefault(fold(user.nick), fold(user.nick))
        self._core.state.broadcast.regroup(session)
        return user

    def unignore(self, session: Session, nick: str) -> bool:
        """
        Stop ignoring a user, under all nicks that they had since L{ignore}.

        @return: whether the nick was ignored.
        """
        self._core.state.broadcast.flushTo(session)
        first = session.ignored.get(fold(nick))
        session.ignored = {known: since for known, since in session.ignored.items() if since != first}
        self._core.state.broadcast.regroup(session)
        return first is not None

    # Checks

    async def _find(self, readable: Readable, target: str, msgid: str) -> Entry:
        """Read the entry of a text, or of kept tags, from the readable part of a conversation."""
        sequence = self._core.history.locate(msgid)
        if sequence is not None:
            near = Around(readable.conversation, 1, sequence, first=readable.first)
            for entry in await self._core.history.read(near):
                if isinstance(entry, Entry) and entry.msgid == msgid and isinstance(entry.event, REDACTABLE):
                    return entry
        raise errors.NoSuchText(target, msgid)

    def _text(
        self,
        session: Session,
        name: str,
        text: str,
        kind: Kind,
        tags: Tags = (),
        rank: str = "",
        cuts: Cuts = (),
    ) -> RoomMessage:
        """Check a text to a room, and make the event for it."""
        user = self._core.user(session)
        room = self._speaking(user, name, rank)
        checkMessage(text, self._core.limits.message, self._core.limits.lines)
        if not room.modes.keys().isdisjoint(TEXT_MODES):
            _checkTextModes(room, text, kind)
        session.spoke = self._core.now()
        return RoomMessage(user.source, room.name, session.id, text, kind, rank, tags, cuts)

    def _speaking(self, user: User, name: str, rank: str) -> Room:
        """The room with this name, after checking that a user may speak in it, to all members or to a rank."""
        room = self._core.state.rooms.get(name)
        if room is None:
            raise errors.NoSuchRoom(name)
        member = room.members.get(user.source.uid)
        moderated = "m" in room.modes or ("M" in room.modes and user.source.account is None)
        if member is None:
            outside = "n" in room.modes or rank != "" or room.muted(user)
            if room.secretTo(user) and (outside or moderated):
                raise errors.NoSuchRoom(name)
            if outside:
                raise errors.NotInRoom(room.name)
        elif room.silenced(member):
            raise errors.Banned(room.name)
        if moderated and (member is None or member.level < VOICE):
            raise errors.CannotSpeak(room.name, "m" if "m" in room.modes else "M")
        if rank and rank not in RANK_BY_LETTER:
            raise errors.UnknownMode(rank)
        return room


REDACTABLE = (RoomMessage, PrivateMessage, KeptRoomTagMessage, KeptPrivateTagMessage)
"""The events that can be redacted."""

TEXT_MODES = frozenset("TCc")
"""The modes of a room that block some texts of all users."""


def _checkTextModes(room: Room, text: str, kind: Kind) -> None:
    """Check a text against L{TEXT_MODES} of its room."""
    modes = room.modes
    if "T" in modes and kind == "notice":
        raise errors.TextBlocked(room.name, "T", "that are notices")
    if "C" in modes and kind != "action" and asksClients(text):
        raise errors.TextBlocked(room.name, "C", "that are CTCP, but for actions")
    if "c" in modes and FORMATTING.search(text) is not None:
        raise errors.TextBlocked(room.name, "c", "with colours or formatting in them")


def _checkAccepted(recipient: User, sender: User, text: str, kind: Kind) -> None:
    """Check that a user accepts private texts like this one."""
    refusal = recipient.refusal(sender, text, kind)
    if refusal is not None:
        raise refusal


def _redaction(msgid: str, text: Entry, reason: str) -> str:
    """Describe a redaction for the audit trail, without the text."""
    return f"{msgid} of {text.event.source.nick}{f': {reason}' if reason else ''}"


def _wrote(text: Entry, source: Source) -> bool:
    """Whether a text is by this user, or by another user of the same account."""
    author = text.event.source
    if author.account is not None and source.account is not None:
        return fold(author.account) == fold(source.account)
    return author.uid == source.uid


# Effects


def _roomMessage(state: State, entry: Entry, event: RoomMessage | RoomTagMessage, origin: Origin | None) -> None:
    room = state.roomOf(event)
    if room is not None:
        if isinstance(event, RoomMessage):
            room.spoken = entry.time
        room.audience.publish(entry, origin, event.session, _recipients(room, event) if event.rank else None)
        if event.source.uid not in room.members:
            _echo(state, entry, event, origin)


def _echo(state: State, entry: Entry, event: RoomMessage | RoomTagMessage, origin: Origin | None) -> None:
    """Deliver a text to the session that sent it from outside the room, if it wants its own texts."""
    user = state.users.get(event.source.uid)
    session = None if user is None else user.sessions.get(event.session)
    if session is not None and session.echo:
        state.broadcast.send(entry, [session], fold(event.room), origin)


def _roomMessageRedacted(state: State, entry: Entry, event: RoomMessageRedacted, origin: Origin | None) -> None:
    room = state.roomOf(event)
    if room is not None:
        room.audience.publish(entry, origin, None, _recipients(room, event) if event.rank else None)


def _privateMessage(
    state: State, entry: Entry, event: PrivateMessage | PrivateTagMessage, origin: Origin | None
) -> None:
    recipient = state.users.get(event.recipient.uid)
    if recipient is None:
        if event.recipient.uid or not isinstance(event, PrivateMessage):
            raise NoSuchNick(event.recipient.nick)
        leave(state, entry, event)
        state.broadcast.send(entry, _both(state, event.source, event.recipient), origin=origin)
        return
    if isinstance(event, PrivateMessage) and not recipient.sessionCount and event.kind != "notice":
        # Their last session has ended in the meantime, so nobody would hear it.  Only notices do not wait.
        raise NoSuchNick(event.recipient.nick)
    toOneself = recipient.source.uid == event.source.uid
    if isinstance(event, PrivateMessage) and not toOneself:
        if event.source.account is not None and recipient.source.account is not None:
            recipient.noteWriter(event.source.account, entry.time)
        for session in recipient.sessions.values():
            if not isIgnored(session, event):
                session.correspondent = event.source.uid
    if toOneself:
        # The user gets it twice: as the recipient, and as the echo, which alone has the label.
        received = replace(entry, event=replace(event, session=""))
        state.broadcast.send(received, recipient.sessions.values())
        sender = [own for own in recipient.sessions.values() if own.id == event.session]
        state.broadcast.send(entry, sender, origin=origin)
        return
    state.broadcast.send(entry, _both(state, event.source, event.recipient), origin=origin)


def _privateMessageRedacted(state: State, entry: Entry, event: PrivateMessageRedacted, origin: Origin | None) -> None:
    withdraw(state, event)
    state.broadcast.send(entry, _both(state, event.source, event.recipient), origin=origin)


def _both(state: State, source: Source, recipient: Source) -> Iterable[Session]:
    """The sessions of two users, each once.  A user who has left has none."""
    users = [user for user in (state.users.get(recipient.uid), state.users.get(source.uid)) if user is not None]
    return {session.id: session for user in users for session in user.sessions.values()}.values()


def _recipients(room: Room, event: RoomMessage | RoomTagMessage | RoomMessageRedacted) -> set[str]:
    """
    The ids of the sessions that get a text to a rank, or its redaction: those of members with the rank, and of the one
    who sent it.
    """
    least = RANK_BY_LETTER[event.rank].level
    return {
        id
        for uid, member in room.members.items()
        if member.level >= least or uid == event.source.uid
        for id in member.user.sessions
    }


EFFECTS: Effects = {
    RoomMessage: _roomMessage,
    RoomTagMessage: _roomMessage,
    KeptRoomTagMessage: _roomMessage,
    RoomMessageRedacted: _roomMessageRedacted,
    PrivateMessage: _privateMessage,
    PrivateTagMessage: _privateMessage,
    KeptPrivateTagMessage: _privateMessage,
    PrivateMessageRedacted: _privateMessageRedacted,
}
"""The effect of each class of event."""

"""Reading and searching the history that a session has access to."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from twistchat.chat.model.events import Entry, Event, ModesSet, RoomEvent, RoomRenamed
from twistchat.chat.model.rooms import Rooms
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import ALL, Around, Kept, Kinds, Point, Search, Span, conversation, targetOf
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.rooms.visibility import (
    Readable,
    isRoom,
    readableAccount,
    readablePrivate,
    readableRoom,
    readableRooms,
    withoutKeys,
)
from twistchat.chat.rules.unread import Unread, findUnread
from twistchat.chat.rules.users.markers import shownTarget


class Conversation(NamedTuple):
    """
    A conversation, as one user sees it now.

    @ivar name: the name of the room, with the prefix of a rank if it is the texts to this rank; or the present nick of
        the other user, who need not be here.
    @ivar place: the place of its entries, see L{IOutlet.dialectFor <twistchat.interfaces.IOutlet.dialectFor>}.
    """

    name: str
    place: str


class Target(NamedTuple):
    """
    A conversation that has a text, in a list of them.

    @ivar name: its name, as in L{Conversation}.
    @ivar conversation: the name under which it is read, see L{conversation
        <twistchat.chat.model.spans.conversation>}.
    @ivar time: the time of its newest text, in milliseconds since the epoch.
    """

    name: str
    conversation: str
    time: int


class Reading:
    """
    The verbs that read the history.

    A target is the name of a room, the name with the prefix of a rank (C{@#room}: texts to the members of that rank),
    or the nick of the other user in a private conversation.  L{twistchat.chat.rules.rooms.visibility} decides who may
    read it.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def readable(self, session: Session, target: str) -> Readable:
        """
        The conversation that a target names.

        @raise ChatError: the user may not read it.  See L{readableRoom} and L{readablePrivate}.
        """
        user, read = self._core.user(session), readableRoom if isRoom(target) else readablePrivate
        return read(self._core.state, user, target)

    def conversation(self, session: Session, target: str) -> Conversation:
        """
        The conversation that a target names, as the user sees it.

        @raise ChatError: see L{readable}.
        """
        name, _ = self.readable(session, target)
        return self._shown(session, name)

    def conversationOf(self, session: Session, event: Event) -> Conversation:
        """
        The conversation that an event of the history belongs to, as the user sees it.

        @param event: an event that the user may read.
        """
        name = conversation(event)
        assert name is not None
        return self._shown(session, name)

    def _shown(self, session: Session, name: str) -> Conversation:
        """Show the name of a conversation."""
        target = targetOf(name, self._core.user(session).source.account)
        shown = shownTarget(self._core.state, target)
        return Conversation(name.removesuffix(target) + shown, name) if isRoom(name) else Conversation(shown, "")

    async def unread(self, session: Session) -> Sequence[Unread]:
        """
        Count what others have said since the user has read, in the user's rooms and the private conversations of their
        account.  Conversations without news are left out.

        The read markers say what the user has read.  In a room without a marker, the texts since the user joined count;
        in a private conversation without one, the texts since the user came.  Texts that were left in the inbox
        before that are shown at login.

        @return: the conversation with the newest text first; at most 100 of them.
        @raise NotRead: the history cannot be read.
        """
        return await findUnread(self._core, session)

    async def history(
        self,
        session: Session,
        target: str,
        limit: int,
        after: Point | None = None,
        before: Point | None = None,
        oldest: bool = False,
        kinds: Kinds = ALL,
    ) -> Sequence[Kept]:
        """
        Read a range of a conversation.  The arguments are those of L{Span}.

        @param limit: the maximum number of entries; 0 for none.
        @return: at most C{limits.historyReply} entries, oldest first.
        @raise ChatError: see L{readable}.
        """
        name, first = self.readable(session, target)
        limit = min(limit, self._core.limits.historyReply)
        if limit < 1:
            return ()
        span = Span(name, limit, after, before, oldest, kinds, first)
        return self._asShown(await self._core.history.read(span))

    async def around(
        self, session: Session, target: str, limit: int, point: Point, kinds: Kinds = ALL
    ) -> Sequence[Kept]:
        """
        Read the entries nearest to a point in a conversation.  The arguments are those of L{Around}.

        @raise ChatError: see L{readable}.
        """
        name, first = self.readable(session, target)
        limit = min(limit, self._core.limits.historyReply)
        return self._asShown(await self._core.history.read(Around(name, limit, point, kinds, first)))

    async def targets(
        self, session: Session, limit: int, after: int | None = None, before: int | None = None, oldest: bool = False
    ) -> Sequence[Target]:
        """
        List the rooms of a user and the private conversations of their account that have texts which the user may read.
        Texts to the members of a rank do not count.

        @param limit: the maximum number of conversations, at least 1.
        @param after: select only those whose newest text is later than this time, in milliseconds since the epoch.
        @param before: select only those whose newest text is earlier.
        @param oldest: whether to select those with the oldest texts if there are more than C{limit}.
        @return: at most C{limits.historyReply} conversations, by ascending time of the newest text.
        """
        user = self._core.user(session)
        rooms = {name: first for name, first in readableRooms(self._core.state, user) if name[0] == "#"}
        found = [
            Target(self._shown(session, latest.conversation).name, latest.conversation, latest.time)
            for latest in await self._core.history.latest(list(rooms), readableAccount(self._core.state, user))
            if latest.sequence >= rooms.get(latest.conversation, 0)
            and (after is None or latest.time > after)
            and (before is None or latest.time < before)
        ]
        found.sort(key=attrgetter("time"))  # imported texts are not in the order of their times
        limit = min(limit, self._core.limits.historyReply)
        return found[:limit] if oldest else found[-limit:]

    def locate(self, msgid: str) -> int | None:
        """
        The sequence number of the entry with this message id, as a L{Point}.

        @return: C{None} if this server did not make the id.
        """
        return self._core.history.locate(msgid)

    async def search(
        self,
        session: Session,
        words: str,
        limit: int,
        target: str | None = None,
        sender: str | None = None,
        after: Point | None = None,
        before: Point | None = None,
        oldest: bool = False,
    ) -> Sequence[Kept]:
        """
        Find texts in a conversation, or in all that the asker takes part in: their current rooms, and the private
        conversations of their account.  The other arguments are those of L{Search}.

        @param target: the conversation; C{None} for all.
        @return: at most C{limits.historyReply} texts, oldest first.
        @raise ChatError: see L{readable}.
        """
        user, account = self._core.user(session), None
        if target is None:
            places, account = readableRooms(self._core.state, user), readableAccount(self._core.state, user)
        else:
            places = [self.readable(session, target)]
        limit = min(limit, self._core.limits.historyReply)
        search = Search(words, limit, dict(places), account, sender, after, before, oldest)
        return self._asShown(await self._core.history.search(search))

    def _asShown(self, kept: Sequence[Kept]) -> Sequence[Kept]:
        """Entries as readers see them: with the names of rooms as they are written now, and without their keys."""
        rooms, names = self._core.state.rooms, dict[str, str]()
        return [_asShown(rooms, names, item) if isinstance(item, Entry) else item for item in kept]


def _asShown(rooms: Rooms, names: dict[str, str], entry: Entry) -> Entry:
    """
    An entry as readers see it.

    @param names: the names of rooms as they are written now, by those in the entries before; filled here.
    """
    event = entry.event
    if not isinstance(event, RoomEvent) or isinstance(event, RoomRenamed):
        return entry
    name = names.get(event.room)
    if name is None:
        room = rooms.get(event.room)
        name = names[event.room] = event.room if room is None else room.name
    shown = withoutKeys(event) if isinstance(event, ModesSet) else event
    if name != event.room:
        shown = replace(shown, room=name)
    return entry if shown is event else replace(entry, event=shown)

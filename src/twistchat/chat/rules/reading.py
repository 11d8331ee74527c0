"""Reading and searching the history that a session has access to."""

from __future__ import annotations

from collections.abc import Sequence

from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import ALL, Around, Kept, Kinds, Point, Span
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.rooms.visibility import Readable, isRoom, readablePrivate, readableRoom


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

        @return: at most C{limits.historyReply} entries, oldest first.
        @raise ChatError: see L{readable}.
        """
        name, first = self.readable(session, target)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.read(Span(name, limit, after, before, oldest, kinds, first))

    async def around(
        self, session: Session, target: str, limit: int, point: Point, kinds: Kinds = ALL
    ) -> Sequence[Kept]:
        """
        Read the entries nearest to a point in a conversation.  The arguments are those of L{Around}.

        @raise ChatError: see L{readable}.
        """
        name, first = self.readable(session, target)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.read(Around(name, limit, point, kinds, first))

    def locate(self, msgid: str) -> int | None:
        """
        The sequence number of the entry with this message id, as a L{Point}.

        @return: C{None} if this server did not make the id.
        """
        return self._core.history.locate(msgid)

    async def search(self, session: Session, words: str, limit: int, before: int | None = None) -> Sequence[Kept]:
        """
        Find texts that contain all of these words, in the asker's current rooms and in the private conversations of
        their account.

        @param before: a sequence number: find only earlier entries.
        @return: the newest matches, at most C{limits.historyReply}, oldest first.
        """
        user = self._core.user(session)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.search(list(user.rooms), words, limit, before, user.source.account)

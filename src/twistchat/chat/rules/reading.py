"""Reading and searching the history that a session has access to."""

from __future__ import annotations

from collections.abc import Sequence

from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import Around, Kept, Point, Span
from twistchat.chat.rules.core import Core


class Reading:
    """The verbs that read the history."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def history(
        self,
        session: Session,
        name: str,
        limit: int,
        after: Point | None = None,
        before: Point | None = None,
        oldest: bool = False,
    ) -> Sequence[Kept]:
        """
        Read the history of a room that the asker is in.  The arguments are those of L{Span}.

        @return: at most C{limits.historyReply} entries, oldest first.
        """
        room, _ = self._core.membership(session, name)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.read(Span(room.key, limit, after, before, oldest))

    async def around(self, session: Session, name: str, limit: int, point: Point) -> Sequence[Kept]:
        """Read the entries nearest to a point in a room that the asker is in."""
        room, _ = self._core.membership(session, name)
        return await self._core.history.read(Around(room.key, min(limit, self._core.limits.historyReply), point))

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

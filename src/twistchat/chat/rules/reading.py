"""History and search, as far as a session may read it."""

from __future__ import annotations

from collections.abc import Sequence

from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Around, Kept, Point, Span
from twistchat.chat.model.users import Session
from twistchat.chat.rules.core import Core


class Reading:
    """The verbs that read what was said."""

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
        Read a room's history, for a member of it.  The arguments are those of L{Span}.

        @return: no more than the limit on one reply allows, oldest first.
        """
        room, _ = self._core.membership(session, name)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.read(Span(fold(room.name), limit, after, before, oldest))

    async def around(self, session: Session, name: str, limit: int, point: Point) -> Sequence[Kept]:
        """Read what was nearest to a point in a room, for a member of it."""
        room, _ = self._core.membership(session, name)
        return await self._core.history.read(Around(fold(room.name), min(limit, self._core.limits.historyReply), point))

    async def search(self, session: Session, words: str, limit: int, before: int | None = None) -> Sequence[Kept]:
        """
        Find texts that have all of these words: in the rooms where the asker is now, and in the private conversations
        of their account.

        @param before: a sequence number, to find only what came before it.
        @return: the newest, no more than the limit on one reply allows, oldest first.
        """
        user = self._core.user(session)
        limit = min(limit, self._core.limits.historyReply)
        return await self._core.history.search(list(user.rooms), words, limit, before, user.source.account)

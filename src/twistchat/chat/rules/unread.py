"""Counts what a user has not read yet, in each conversation that they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import At, Point, targetOf
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.rooms.visibility import readableAccount, readableRooms
from twistchat.chat.rules.users.markers import shownTarget

if TYPE_CHECKING:
    from twistchat.chat.model.users import User

MOST = 100
"""The maximum number of conversations in one result."""


@dataclass(frozen=True, slots=True)
class Unread:
    """
    What a user has not read of a conversation.

    @ivar name: the name of the room, or the present nick of the other user.
    @ivar texts: the number of texts by others, at most C{limits.historyReply} of each rank.
    @ivar mentions: how many of them contain the user's nick or account.
    @ivar more: whether there are more texts, which were not counted.
    @ivar since: the time of the first of them, in milliseconds since the epoch; see L{Count
        <twistchat.chat.model.spans.Count>}.
    """

    name: str
    texts: int
    mentions: int
    more: bool
    since: int


class _News(NamedTuple):
    """
    A conversation with a text that may be unread.

    @ivar conversation: its name.
    @ivar first: the first sequence number that the user may read.
    @ivar after: the point up to which the user has read it.
    """

    conversation: str
    first: int
    after: Point


async def findUnread(core: Core, session: Session) -> list[Unread]:
    """
    See L{Reading.unread <twistchat.chat.rules.reading.Reading.unread>}.

    @raise NotRead: the history cannot be read.
    """
    user = core.user(session)
    firsts = {readable.conversation: readable.first for readable in readableRooms(core.state, user)}
    found: dict[str, list[_News]] = {}
    newest = await core.history.latest(list(firsts), readableAccount(core.state, user))
    markers = _markers(core, session)
    for latest in reversed(newest):
        target = targetOf(latest.conversation, user.source.account)
        after = _after(user, target, markers)
        if (latest.time > after.time if isinstance(after, At) else latest.sequence > after) and len(found) < MOST:
            news = _News(latest.conversation, firsts.get(latest.conversation, 0), after)
            found.setdefault(target, []).append(news)
    counted = [await _count(core, user, target, news) for target, news in found.items()]
    return [unread for unread in counted if unread is not None]


def _markers(core: Core, session: Session) -> Mapping[str, int]:
    account = core.state.accounts.get(session.currentAccount)
    return session.markers if account is None else account.markers


def _after(user: User, target: str, markers: Mapping[str, int]) -> Point:
    """The point up to which a user has read.  Without a marker it is the time when they joined the room, or came."""
    if target in markers:
        return At(markers[target])
    room = user.rooms.get(target)
    return At(user.since) if room is None else room.members[user.source.uid].since


async def _count(core: Core, user: User, target: str, found: list[_News]) -> Unread | None:
    """Count the texts of a conversation, which consists of several if there are texts to ranks."""
    source, limit = user.source, core.limits.historyReply
    names = (source.nick,) if source.account is None else (source.nick, source.account)
    counts = [
        await core.history.count(conversation, after, limit, names, source.account, first)
        for conversation, first, after in found
    ]
    texts, mentions = sum(count.texts for count in counts), sum(count.matching for count in counts)
    if not texts:
        return None
    since = min(count.since for count in counts if count.texts)
    return Unread(shownTarget(core.state, target), texts, mentions, any(count.more for count in counts), since)

"""Who is here: users, the sessions that are theirs, and the register that keeps their names apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from twistchat.chat.events import Source
from twistchat.chat.limits import TokenBucket
from twistchat.chat.names import fold, skeleton

if TYPE_CHECKING:
    from twistchat.chat.rooms import Room
    from twistchat.interfaces import IOutlet


class Session:
    """
    One connection that has come in through a door.

    @ivar id: unique for ever; what an event names as its C{session}.
    @ivar outlet: where to reach it.
    @ivar exempt: whether limits on rates do not bind it.
    @ivar address: the IP address that it comes from, or C{None} where it has none; not for other users to see.
    @ivar secure: whether it is encrypted all the way from its client.
    @ivar fingerprint: the SHA-256 of the certificate that its client has, in hexadecimal; C{None} where it has none.
    @ivar user: whose it is; C{None} until they have entered, and when the session has ended.
    @ivar echo: whether it hears what it says itself.
    @ivar ignored: folded nicks whose texts and invitations it does not hear, each with the folded nick under which
        that user was first ignored: itself, or an earlier one of theirs.
    @ivar closed: whether the connection is gone.
    """

    __slots__ = ("address", "closed", "echo", "exempt", "fingerprint", "id", "ignored", "outlet", "secure", "user")

    def __init__(
        self, id: str, outlet: IOutlet, exempt: bool, address: str | None = None, secure: bool = False
    ) -> None:
        self.id = id
        self.outlet = outlet
        self.exempt = exempt
        self.address = address
        self.secure = secure
        self.fingerprint: str | None = None
        self.user: User | None = None
        self.echo = False
        self.ignored: dict[str, str] = {}
        self.closed = False


class User:
    """
    One name in the chat.

    @ivar source: the user's names as they are now; every event of theirs carries it.
    @ivar sessions: their connections, by id; all of them are in the same rooms.
    @ivar rooms: where they are, by folded name.
    @ivar invitations: rooms whose locks they may pass once.
    @ivar away: why they are away, or C{None}.
    @ivar joins: how fast they join; not part of the state that entries rebuild.
    """

    __slots__ = ("away", "invitations", "joins", "rooms", "sessions", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sessions: dict[str, Session] = {}
        self.rooms: dict[str, Room] = {}
        self.invitations: set[Room] = set()
        self.away: str | None = None
        self.joins: TokenBucket | None = None

    @property
    def nick(self) -> str:
        """The nick in its display form."""
        return self.source.nick


class Users:
    """Everyone who is here, by id, by nick, and by what their nick looks like."""

    __slots__ = ("_byNick", "_bySkeleton", "_byUid")

    def __init__(self) -> None:
        self._byUid: dict[str, User] = {}
        self._byNick: dict[str, User] = {}
        self._bySkeleton: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._byUid)

    def __iter__(self) -> Iterator[User]:
        return iter(self._byUid.values())

    def get(self, uid: str) -> User | None:
        """The user of this id."""
        return self._byUid.get(uid)

    def named(self, nick: str) -> User | None:
        """The user of this nick, whatever its case."""
        return self._byNick.get(fold(nick))

    def lookalike(self, nick: str) -> User | None:
        """Whoever has this nick, or one that would be taken for it."""
        return self._bySkeleton.get(skeleton(nick))

    def add(self, user: User) -> None:
        """Take in a user whose nick nobody has."""
        self._byUid[user.source.uid] = user
        self._byNick[fold(user.nick)] = user
        self._bySkeleton[skeleton(user.nick)] = user

    def remove(self, user: User) -> None:
        """Let a user go, and their nick with them."""
        del self._byUid[user.source.uid]
        del self._byNick[fold(user.nick)]
        del self._bySkeleton[skeleton(user.nick)]

    def rename(self, user: User, source: Source) -> None:
        """Give a user new names; nobody else has that nick."""
        self.remove(user)
        user.source = source
        self.add(user)


def audienceOf(user: User) -> Iterable[Session]:
    """Every session that shares a room with a user, and the user's own; each once."""
    heard = dict(user.sessions)
    for room in user.rooms.values():
        for member in room.members.values():
            heard.update(member.user.sessions)
    return heard.values()

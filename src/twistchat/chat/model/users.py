"""Who is here: users, the sessions that are theirs, and the register that keeps their names apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from twistchat.chat.errors import TextRefused
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.events import Kind, Source
from twistchat.chat.model.names import fold, skeleton
from twistchat.chat.model.texts import asksClients
from twistchat.chat.model.usermodes import sortUserModes

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.interfaces import IOutlet


NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})
"""The sessions elsewhere of a user who has none: one object for all of them."""

NO_FLAGS: Final[frozenset[str]] = frozenset()
"""The flags of a user who has none: one object for all of them, since a set of one's own is of 216 bytes."""


class Session:
    """
    One connection that has come in through a door.

    @cvar origin: what it asks for has no origin, since no outcome has to be recognized.
    @ivar id: unique for ever; what an event names as its C{session}.
    @ivar outlet: where to reach it.
    @ivar exempt: whether limits on rates do not bind it.
    @ivar user: whose it is; C{None} until they have entered, and when the session has ended.
    @ivar echo: whether it hears what it says itself.
    @ivar ignored: folded nicks whose texts and invitations it does not hear, each with the folded nick under which
        that user was first ignored: itself, or an earlier one of theirs.
    @ivar correspondent: the uid of the last user who wrote to it alone; C{None} where nobody has.
    @ivar watched: the nicks whose comings and goings it hears of, by their folded forms.
    @ivar closed: whether the connection is gone.  Nothing is told to it any more; it is its user's until the entry of
        its end is applied.
    @ivar spoke: when it last said something, in seconds on the chat's clock; at first when it was opened.
    @ivar address: the IP address from which it comes, where there is one: for operators and for bans, not for others.
    @ivar secure: whether its connection is encrypted.
    @ivar fingerprint: the SHA-256 of the certificate that its client showed, in hexadecimal; C{None} without one.
    """

    __slots__ = (
        "address",
        "closed",
        "correspondent",
        "echo",
        "exempt",
        "fingerprint",
        "id",
        "ignored",
        "outlet",
        "secure",
        "spoke",
        "user",
        "watched",
    )

    origin: ClassVar[None] = None

    def __init__(
        self,
        id: str,
        outlet: IOutlet,
        exempt: bool = False,
        spoke: float = 0.0,
        address: str | None = None,
        secure: bool = False,
    ) -> None:
        self.id = id
        self.outlet = outlet
        self.exempt = exempt
        self.spoke = spoke
        self.address = address
        self.secure = secure
        self.fingerprint: str | None = None
        self.user: User | None = None
        self.echo = False
        self.correspondent: str | None = None
        self.ignored: dict[str, str] = {}
        self.watched: dict[str, str] = {}
        self.closed = False

    @property
    def session(self) -> Session:
        """Itself: a session may ask, and so may a labelled request of it (an L{Origin})."""
        return self


@dataclass(frozen=True, slots=True)
class Operator:
    """
    What makes a user an operator of the server.

    @ivar title: what they are, for those who ask.
    @ivar privileges: what they may do, of L{twistchat.chat.model.privileges.PRIVILEGES}.
    @ivar host: with which they were shown before, and are again when they resign; C{None} where that is to stay.
    """

    title: str
    privileges: frozenset[str]
    host: str | None = None


class User:
    """
    One name in the chat.

    @ivar source: the user's names as they are now; every event of theirs carries it.
    @ivar sessions: those of their sessions whose connections this process holds, by id; all are in the same rooms.
    @ivar elsewhere: their other sessions: the id of the node that holds the connection, by the session's id.
    @ivar rooms: where they are, by folded name.
    @ivar invitations: rooms whose locks they may pass once, each with how many bans had been set there, which they may
        pass too; or with C{None}, where they may pass no ban.
    @ivar since: when they came in, in milliseconds since the epoch.
    @ivar away: why they are away, or C{None}.
    @ivar flags: the user modes that were set, of L{SETTABLE <twistchat.chat.model.usermodes.SETTABLE>}.
    @ivar operator: what makes them an operator of the server; C{None} where they are none.
    @ivar moves: how often their rooms, or their ranks there, have changed.
    @ivar joins: how fast they join; not part of the state that entries rebuild.
    @ivar renames: how fast they take other names; likewise.
    @ivar absences: how fast they change that they are away; likewise.
    """

    __slots__ = (
        "absences",
        "away",
        "elsewhere",
        "flags",
        "invitations",
        "joins",
        "moves",
        "operator",
        "renames",
        "rooms",
        "sessions",
        "since",
        "source",
    )

    def __init__(self, source: Source, since: int = 0) -> None:
        self.source = source
        self.since = since
        self.sessions: dict[str, Session] = {}
        self.elsewhere: Mapping[str, str] = NOWHERE
        self.rooms: dict[str, Room] = {}
        self.invitations: dict[Room, int | None] = {}
        self.away: str | None = None
        self.flags: frozenset[str] = NO_FLAGS
        self.operator: Operator | None = None
        self.moves = 0
        self.joins: TokenBucket | None = None
        self.renames: TokenBucket | None = None
        self.absences: TokenBucket | None = None

    @property
    def nick(self) -> str:
        """The nick in its display form."""
        return self.source.nick

    @property
    def secure(self) -> bool:
        """Whether every connection of theirs is encrypted."""
        return bool(self.sessions) and all([session.secure for session in self.sessions.values()])

    @property
    def modes(self) -> str:
        """The letters of all their user modes, in the order of the table."""
        follow = (("o", self.operator is not None), ("r", self.source.account is not None), ("Z", self.secure))
        return sortUserModes(self.flags | {letter for letter, has in follow if has})

    def begin(self, id: str, session: Session | None, node: str) -> None:
        """
        Give the user a session.

        @param id: the session's id.
        @param session: the session; C{None} if another process holds its connection.
        @param node: the id of the node that holds it.
        """
        if session is None:
            self.elsewhere = {**self.elsewhere, id: node}
        else:
            self.sessions[id] = session
            session.user = self

    def end(self, id: str) -> Session | None:
        """
        Take a session from the user.

        @return: the session, if this process holds its connection.
        """
        session = self.sessions.pop(id, None)
        if session is not None:
            session.user = None
        elif id in self.elsewhere:
            self.elsewhere = {other: node for other, node in self.elsewhere.items() if other != id} or NOWHERE
        return session

    def may(self, privilege: str) -> bool:
        """
        Whether they are an operator of the server with a privilege.

        @param privilege: one of L{twistchat.chat.model.privileges.PRIVILEGES}.
        """
        return self.operator is not None and privilege in self.operator.privileges

    def idle(self, now: float) -> float:
        """
        For how many seconds they have said nothing, through any of their sessions.

        @param now: seconds on the chat's clock.
        """
        return min([now - session.spoke for session in self.sessions.values()], default=0.0)

    def refusal(self, sender: User, text: str, kind: Kind) -> TextRefused | None:
        """
        Why they do not take a private text, for their user modes.  From operators of the server they take all.

        @return: C{None} where they take it.
        """
        if sender is self or sender.operator is not None:
            return None
        if "R" in self.flags and sender.source.account is None:
            return TextRefused(self.nick, "from those who are not logged in to an account")
        if "T" in self.flags and kind != "action" and asksClients(text):
            return TextRefused(self.nick, "that are CTCP, but for actions")
        return None


class Users:
    """Everyone who is here, by id, by nick, and by what their nick looks like."""

    __slots__ = ("_byNick", "_bySkeleton", "_byUid", "_invisible", "_operators")

    def __init__(self) -> None:
        self._invisible: set[str] = set()
        self._operators: set[str] = set()
        self._byUid: dict[str, User] = {}
        self._byNick: dict[str, User] = {}
        self._bySkeleton: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._byUid)

    def __iter__(self) -> Iterator[User]:
        return iter(self._byUid.values())

    @property
    def invisible(self) -> int:
        """How many of them are invisible."""
        return len(self._invisible)

    @property
    def operators(self) -> int:
        """How many of them are operators of the server."""
        return len(self._operators)

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
        self.count(user)

    def count(self, user: User) -> None:
        """Count a user as what they are now: their modes, or whether they are an operator, were changed."""
        uid = user.source.uid
        (self._invisible.add if "i" in user.flags else self._invisible.discard)(uid)
        (self._operators.add if user.operator is not None else self._operators.discard)(uid)

    def remove(self, user: User) -> None:
        """Let a user go, and their nick with them."""
        self._invisible.discard(user.source.uid)
        self._operators.discard(user.source.uid)
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
        if len(room.members) > 1:
            for sessions in room.audience.sessions():
                heard.update(sessions)
    return heard.values()

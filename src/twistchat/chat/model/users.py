"""Users, and the register of all users, which keeps their names unique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from twistchat.chat.errors import NickInUse, TextRefused
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.events import Kind, Source
from twistchat.chat.model.modes.user import sortUserModes
from twistchat.chat.model.names import fold, skeleton
from twistchat.chat.model.texts import asksClients

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.sessions import Session


NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})
"""A shared empty mapping for users without sessions on other nodes, and for those without absent sessions."""

NOBODY: Final[Mapping[str, int]] = MappingProxyType({})
"""A shared empty mapping for users who have got no private texts."""

MOST_WRITERS: Final = 100
"""The maximum number of accounts in C{User.writers}."""

NO_FLAGS: Final[frozenset[str]] = frozenset()
"""A shared empty set for users without flags.  (A set of their own takes 216 bytes.)"""


PRIVILEGES: Final = {
    "kill": "disconnect a user",
    "ban": "keep hosts and networks from the server",
    "rehash": "read the configuration again",
    "rooms": "come into any room, and take a founder's rank there",
    "wallops": "say something to everyone who listens for it",
    "auspex": "see addresses, secret rooms and invisible users",
    "redact": "take back anyone's text",
    "audit": "read what administrators did, with their addresses",
    "exempt": "be bound by no limit on rates",
}
"""The privileges of server operators.  Each value ends the sentence "operators with this privilege may …"."""


ABSENT: Final = "*"
"""The away message of a session that nobody uses, for example one that only fetches history (IRCv3 pre-away)."""


DETACHED: Final = "not connected"
"""The away message of a user who stays without a session, and had none."""

ADMINISTRATOR: Final = "is an administrator of this server"
"""The title of server operators who are that because of their account."""


@dataclass(frozen=True, slots=True)
class Operator:
    """
    The status of a user as server operator.

    @ivar title: a description of the operator, as shown in WHOIS.
    @ivar privileges: members of L{PRIVILEGES}.
    @ivar host: their previous host, which is restored when they resign; C{None} to keep the current one.
    """

    title: str
    privileges: frozenset[str]
    host: str | None = None


class User:
    """
    One name in the chat.

    @ivar source: the user's current names, which go into their events.
    @ivar sessions: their sessions in this process, by id.  All are in the same rooms.
    @ivar elsewhere: their sessions on other nodes: the id of the node, by the id of the session.
    @ivar rooms: their rooms, by folded name.
    @ivar invitations: the rooms that they are invited to, each with the value of L{Room.bansSet} at the time: the
        invitation overrides these bans.  C{None} if it overrides no bans.
    @ivar since: the time when they entered, in milliseconds since the epoch.
    @ivar absences: the away messages of those sessions that are away, by the id of the session, newest last.  If they
        have no session, C{""} has the message that they left.
    @ivar stays: whether they stay when their last session ends, because their account is always-on.
    @ivar detached: when their last session ended, in milliseconds since the epoch; C{None} if they have a session.
    @ivar flags: the user modes that are set, from L{SETTABLE <twistchat.chat.model.modes.user.SETTABLE>}.
    @ivar operator: their status as server operator; C{None} if they are not one.
    @ivar metadata: the metadata of a guest, by key (IRCv3 metadata).  Accounts have their own.
    @ivar moves: counts the changes of their rooms and ranks.
    @ivar joins: the rate limit of joins.  It is not part of the replicated state.
    @ivar renames: the rate limit of changes of nick and realname; likewise.
    @ivar awayChanges: the rate limit of changes of the away status; likewise.
    @ivar metadataChanges: the rate limit of changes of metadata; likewise.
    @ivar writers: the folded accounts that have sent them private texts lately, each with the time of the last text, in
        milliseconds since the epoch; likewise.
    """

    __slots__ = (
        "absences",
        "awayChanges",
        "detached",
        "elsewhere",
        "flags",
        "invitations",
        "joins",
        "metadata",
        "metadataChanges",
        "moves",
        "operator",
        "renames",
        "rooms",
        "sessions",
        "since",
        "source",
        "stays",
        "writers",
    )

    def __init__(self, source: Source, since: int = 0) -> None:
        self.source = source
        self.since = since
        self.sessions: dict[str, Session] = {}
        self.elsewhere: Mapping[str, str] = NOWHERE
        self.rooms: dict[str, Room] = {}
        self.invitations: dict[Room, int | None] = {}
        self.absences: Mapping[str, str] = NOWHERE
        self.flags: frozenset[str] = NO_FLAGS
        self.operator: Operator | None = None
        self.stays = False
        self.detached: int | None = None
        self.metadata: Mapping[str, str] = NOWHERE
        self.moves = 0
        self.joins: TokenBucket | None = None
        self.renames: TokenBucket | None = None
        self.awayChanges: TokenBucket | None = None
        self.metadataChanges: TokenBucket | None = None
        self.writers = NOBODY

    @property
    def nick(self) -> str:
        """The nick in its display form."""
        return self.source.nick

    @property
    def away(self) -> str | None:
        """
        Their away message; C{None} if one of their sessions is present.  A user without a session is away.

        It is the newest message of a session.  L{ABSENT} gives way to any other message (IRCv3 pre-away,
        "Implementation considerations").
        """
        if self.detached is not None:
            return self.absences.get("", DETACHED)
        if not self.absences or len(self.absences) < self.sessionCount:
            return None
        messages = [message for message in self.absences.values() if message != ABSENT]
        return messages[-1] if messages else ABSENT

    def setAway(self, session: str, message: str | None) -> None:
        """
        Set or clear the away message of a session.

        @param session: the id of the session; C{""} for all of them.
        """
        ids = {*self.sessions, *self.elsewhere}
        if session:
            ids &= {session}
        absences = {id: text for id, text in self.absences.items() if id not in ids}
        if message is not None:
            absences.update(dict.fromkeys(sorted(ids), message))
        self.absences = absences or NOWHERE

    @property
    def secure(self) -> bool:
        """Whether all their connections are encrypted."""
        return bool(self.sessions) and all([session.secure for session in self.sessions.values()])

    @property
    def modes(self) -> str:
        """The letters of all their user modes, in display order."""
        follow = (("o", self.operator is not None), ("r", self.source.account is not None), ("Z", self.secure))
        return sortUserModes(self.flags | {letter for letter, has in follow if has})

    def addSession(self, id: str, session: Session | None, node: str) -> None:
        """
        Add a session to the user.

        @param id: the session's id.
        @param session: the session; C{None} if it is on another node.
        @param node: the id of its node.
        """
        if session is None:
            self.elsewhere = {**self.elsewhere, id: node}
        else:
            self.sessions[id] = session
            session.user = self

    def removeSession(self, id: str) -> Session | None:
        """
        Remove a session from the user.

        @return: the session, if it is in this process.
        """
        if id in self.absences:
            self.setAway(id, None)
        session = self.sessions.pop(id, None)
        if session is not None:
            session.user = None
        elif id in self.elsewhere:
            self.elsewhere = {other: node for other, node in self.elsewhere.items() if other != id} or NOWHERE
        return session

    def noteWriter(self, account: str, time: int) -> None:
        """Note that an account has sent them a private text.  See C{writers}."""
        key = fold(account)
        writers = {other: last for other, last in self.writers.items() if other != key}
        if len(writers) >= MOST_WRITERS:
            del writers[next(iter(writers))]
        self.writers = {**writers, key: time}

    def may(self, privilege: str) -> bool:
        """
        Whether they are a server operator with a privilege.

        @param privilege: one of L{PRIVILEGES}.
        """
        return self.operator is not None and privilege in self.operator.privileges

    @property
    def sessionCount(self) -> int:
        """The number of their sessions, on all nodes."""
        return len(self.sessions) + len(self.elsewhere)

    def idle(self, now: float, wall: float) -> float:
        """
        The seconds since their last text, through any of their sessions; or since the last session ended.

        @param now: seconds on the chat's clock.
        @param wall: seconds since the epoch.
        """
        if self.detached is not None:
            return max(0.0, wall - self.detached / 1000)
        return min([now - session.spoke for session in self.sessions.values()], default=0.0)

    def refusal(self, sender: User, text: str, kind: Kind) -> TextRefused | None:
        """
        Check a private text to them against their user modes.  Texts from server operators always pass.

        @return: the error to raise; C{None} if they accept the text.
        """
        if sender is self or sender.operator is not None:
            return None
        if "R" in self.flags and sender.source.account is None:
            return TextRefused(self.nick, "from those who are not logged in to an account")
        if "T" in self.flags and kind != "action" and asksClients(text):
            return TextRefused(self.nick, "that are CTCP, but for actions")
        return None


class Users:
    """
    All users, by id, by nick, by the skeleton of their nick, and by their account.

    @ivar detached: the users without a session, by id.  The first has been without one the longest.
    """

    __slots__ = ("_byAccount", "_byNick", "_bySkeleton", "_byUid", "_invisible", "_operators", "detached")

    def __init__(self) -> None:
        self.detached: dict[str, User] = {}
        self._invisible: set[str] = set()
        self._operators: set[str] = set()
        self._byAccount: dict[str, User] = {}
        self._byUid: dict[str, User] = {}
        self._byNick: dict[str, User] = {}
        self._bySkeleton: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._byUid)

    def __iter__(self) -> Iterator[User]:
        return iter(self._byUid.values())

    @property
    def invisible(self) -> int:
        """The number of invisible users."""
        return len(self._invisible)

    @property
    def operators(self) -> int:
        """The number of server operators."""
        return len(self._operators)

    def get(self, uid: str) -> User | None:
        """The user with this id."""
        return self._byUid.get(uid)

    def named(self, nick: str) -> User | None:
        """The user with this nick, ignoring case."""
        return self._byNick.get(fold(nick))

    def ofAccount(self, account: str) -> User | None:
        """The user who is logged in to this account."""
        return self._byAccount.get(fold(account))

    def lookalike(self, nick: str) -> User | None:
        """The user with this nick or a look-alike of it."""
        return self._bySkeleton.get(skeleton(nick))

    def checkFree(self, nick: str, user: User | None) -> None:
        """
        Check that no user other than this one has a nick.

        @param user: C{None} for a new user.
        @raise NickInUse: another user has it, or a look-alike.
        """
        holder = self.lookalike(nick)
        if holder is not None and holder is not user:
            raise NickInUse(nick, holder.nick)

    def add(self, user: User) -> None:
        """Add a user.  No other user has their nick."""
        self._byUid[user.source.uid] = user
        self._byNick[fold(user.nick)] = user
        self._bySkeleton[skeleton(user.nick)] = user
        if user.source.account is not None:
            self._byAccount[fold(user.source.account)] = user
        self.count(user)

    def count(self, user: User) -> None:
        """Update the counts after the modes or the operator status of a user changed."""
        uid = user.source.uid
        (self._invisible.add if "i" in user.flags else self._invisible.discard)(uid)
        (self._operators.add if user.operator is not None else self._operators.discard)(uid)

    def detach(self, user: User, time: int, away: str | None) -> None:
        """
        Let a user be here without a session.

        @param time: when their last session ended, in milliseconds since the epoch.
        @param away: the away message that they left; C{None} for none.
        """
        user.detached = time
        user.absences = NOWHERE if away is None else {"": away}
        self.detached[user.source.uid] = user

    def attach(self, user: User) -> None:
        """End that, because the user gets a session."""
        user.detached = None
        user.absences = NOWHERE
        del self.detached[user.source.uid]

    def remove(self, user: User) -> None:
        """Remove a user, and free their nick."""
        self.detached.pop(user.source.uid, None)
        self._unlink(user)

    def _unlink(self, user: User) -> None:
        self._invisible.discard(user.source.uid)
        self._operators.discard(user.source.uid)
        del self._byUid[user.source.uid]
        del self._byNick[fold(user.nick)]
        del self._bySkeleton[skeleton(user.nick)]
        account = user.source.account
        if account is not None and self._byAccount.get(fold(account)) is user:
            del self._byAccount[fold(account)]

    def rename(self, user: User, source: Source) -> None:
        """Change the names of a user.  No other user has the new nick."""
        self._unlink(user)
        user.source = source
        self.add(user)

    def setAccount(self, user: User, account: str | None) -> None:
        """Log a user in to an account, or out with C{None}.  No other user is logged in to it."""
        before = user.source.account
        if before is not None and self._byAccount.get(fold(before)) is user:
            del self._byAccount[fold(before)]
        user.source = replace(user.source, account=account)
        if account is not None:
            self._byAccount[fold(account)] = user


def neighboursOf(user: User) -> Iterable[Session]:
    """The sessions that share a room with a user, and the user's own; each once."""
    found = dict(user.sessions)
    for room in user.rooms.values():
        if len(room.members) > 1:
            for sessions in room.audience.sessions():
                found.update(sessions)
    return found.values()

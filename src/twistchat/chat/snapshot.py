"""
Snapshots: the state of the chat after an entry, as bytes.

A node that joins a cluster restores a snapshot and applies the entries after it.  It then has the same state as a node
that applied all entries.  A snapshot contains everything that entries change, and nothing else.  It does not contain
rates, caches, or the settings of one connection (echo, ignore list, watched nicks).  It contains the credentials of
accounts, so it must be protected like the journal: it goes from node to node, and is never shown or exported.

A snapshot is a JSON object.  Fields added later have defaults, and unknown fields are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from twistchat.chat.errors import ChatError
from twistchat.chat.model.accounts import NOTHING, Account, Accounts, Left, Login
from twistchat.chat.model.bans.server import ServerBan
from twistchat.chat.model.events import Credential, ModeChange, PresenceKept, Source
from twistchat.chat.model.nodes import Orphan
from twistchat.chat.model.rooms import NO_SETTINGS, Member, Room, Topic
from twistchat.chat.model.users import NO_FLAGS, NOWHERE, Operator, User
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.model.whowas import Departed

if TYPE_CHECKING:
    from twistchat.chat.state import State

VERSION = 1
"""The version of the format.  Another version cannot be read."""


class UnreadableSnapshot(Exception):
    """The bytes are not a snapshot of this version.  The message says why."""


class OperatorRecord(Struct, frozen=True):
    """The fields of an L{Operator}, with the privileges sorted."""

    title: str
    privileges: tuple[str, ...]
    host: str | None


class UserRecord(Struct, frozen=True):
    """
    A user.

    @ivar sessions: the ids of all their sessions, each with the id of the node that holds the connection.
    @ivar rooms: the folded names of their rooms, in the order in which they joined them.
    @ivar invitations: the rooms that they are invited to, by folded name, with the value of L{Room.bansSet} at the
        time; C{None} if the invitation does not override bans.
    @ivar detached: see L{User}.
    @ivar stays: likewise.
    """

    source: Source
    since: int
    sessions: dict[str, str]
    rooms: tuple[str, ...] = ()
    invitations: dict[str, int | None] = {}
    absences: dict[str, str] = {}
    flags: str = ""
    operator: OperatorRecord | None = None
    detached: int | None = None
    stays: bool = False
    metadata: dict[str, str] = {}


class MaskRecord(Struct, frozen=True, array_like=True):
    """A mask in a list of a room, the nick of the user who set it, and when."""

    mask: str
    by: str
    time: int


class RoomRecord(Struct, frozen=True):
    """
    A room.

    @ivar members: the ranks of each member, by the user's id, in the order in which they joined.
    @ivar since: for each member, the sequence number of the entry with which they joined.
    """

    name: str
    created: int
    topic: Topic | None
    modes: dict[str, str | None]
    lists: dict[str, tuple[MaskRecord, ...]]
    granted: dict[str, str]
    members: dict[str, str]
    bansSet: int
    founder: str | None = None
    settings: dict[str, str] = {}
    since: dict[str, int] = {}
    metadata: dict[str, str] = {}


class LeftRecord(Struct, frozen=True, array_like=True):
    """The fields of a L{Left}."""

    sequence: int
    sender: str
    time: int = 0


class AccountRecord(Struct, frozen=True, omit_defaults=True):
    """An account, with its fields as in L{Account}."""

    name: str
    registered: int
    until: int | None = None
    suspended: str | None = None
    credentials: tuple[Credential, ...] = ()
    nicks: tuple[str, ...] = ()
    settings: dict[str, str] = {}
    logins: tuple[Login, ...] = ()
    inbox: tuple[LeftRecord, ...] = ()
    registration: str = ""
    markers: dict[str, int] = {}
    presence: PresenceKept | None = None
    metadata: dict[str, str] = {}


class Snapshot(Struct, frozen=True):
    """
    The state.

    @ivar sequence: the sequence number of the last entry that was applied or refused.
    @ivar formerNames: the folded former names of recently renamed rooms, oldest first.
    @ivar whowas: oldest first.
    @ivar retired: the names of dropped accounts.
    @ivar sealed: see L{Rooms.sealed <twistchat.chat.model.rooms.Rooms>}.
    @ivar nodes: see L{Nodes.live <twistchat.chat.model.nodes.Nodes>}.
    @ivar orphans: the sessions whose nodes are lost, in the order in which they lost them.
    """

    version: int
    sequence: int
    mostUsers: int
    users: tuple[UserRecord, ...]
    rooms: tuple[RoomRecord, ...]
    vacancies: dict[str, Vacancy]
    formerNames: tuple[str, ...]
    whowas: tuple[Departed, ...]
    serverBans: tuple[ServerBan, ...]
    accounts: tuple[AccountRecord, ...] = ()
    retired: tuple[str, ...] = ()
    sealed: dict[str, int] = {}
    nodes: dict[str, str] = {}
    orphans: tuple[Orphan, ...] = ()


def takeSnapshot(state: State, node: str) -> bytes:
    """
    Encode the state.  The same entries always give the same bytes.

    @param node: the id of the node that the state belongs to.  The state's local sessions are recorded with it.
    """
    snapshot = Snapshot(
        VERSION,
        state.sequence,
        state.mostUsers,
        tuple([_userRecord(state, user, node) for user in state.users]),
        tuple(map(_roomRecord, state.rooms)),
        state.rooms.vacancies,
        tuple(state.rooms.formerNames),
        tuple(state.whowas),
        tuple(state.serverBans),
        tuple(map(_accountRecord, state.accounts)),
        state.accounts.retired,
        dict(sorted(state.rooms.sealed.items())),
        dict(state.nodes.live),
        tuple(state.nodes.orphans.values()),
    )
    return msgspec.json.encode(snapshot)


def restoreSnapshot(state: State, data: bytes) -> None:
    """
    Restore a snapshot into an empty state.  The next entry to apply is the one after L{Snapshot.sequence}.

    @param state: a new state, without any applied entry.
    @raise UnreadableSnapshot: the snapshot cannot be read, and nothing has changed; or it contradicts itself, and the
        state is of no use.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).version
        if version != VERSION:
            raise UnreadableSnapshot(f"it has version {version}, and this server reads version {VERSION}")
        snapshot = msgspec.json.decode(data, type=Snapshot)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise UnreadableSnapshot(f"it is not a snapshot: {e}") from e
    try:
        _restore(state, snapshot)
    except ChatError as e:
        raise UnreadableSnapshot(f"it contradicts itself: {e.text}") from e


def _restore(state: State, snapshot: Snapshot) -> None:
    state.sequence, state.mostUsers = snapshot.sequence, snapshot.mostUsers
    for userRecord in snapshot.users:
        state.users.add(_user(userRecord))
    for userRecord in sorted(snapshot.users, key=lambda record: record.detached or 0):
        user = state.users.get(userRecord.source.uid)
        if user is not None and userRecord.detached is not None:
            state.users.detach(user, userRecord.detached, userRecord.absences.get(""))
    for roomRecord in snapshot.rooms:
        _addRoom(state, roomRecord)
    for record in snapshot.users:
        user = _userNamed(state, record.source.uid)
        user.rooms = {name: _named(state, name) for name in record.rooms}
        user.invitations = {_named(state, name): bans for name, bans in record.invitations.items()}
    state.rooms.vacancies = dict(snapshot.vacancies)
    state.rooms.sealed = dict(snapshot.sealed)
    for name in snapshot.formerNames:
        state.rooms.addFormerName(name)
    for departed in snapshot.whowas:
        state.whowas.add(departed.source, departed.time)
    for ban in snapshot.serverBans:
        state.serverBans.add(ban)
    for accountRecord in snapshot.accounts:
        _addAccount(state.accounts, accountRecord)
    for name in snapshot.retired:
        state.accounts.retire(name)
    for node, name in snapshot.nodes.items():
        state.nodes.join(node, name)
    for orphan in snapshot.orphans:
        state.nodes.orphan(orphan.uid, (orphan.session,), orphan.node, orphan.name)


class _Version(Struct, frozen=True):
    version: int


def _userRecord(state: State, user: User, node: str) -> UserRecord:
    sessions = {**dict.fromkeys(user.sessions, node), **user.elsewhere}
    operator = user.operator
    return UserRecord(
        user.source,
        user.since,
        dict(sorted(sessions.items())),
        tuple(user.rooms),
        # An invitation to a removed room is void: a later room of that name is another room.
        {room.key: bans for room, bans in user.invitations.items() if state.rooms.get(room.name) is room},
        dict(user.absences),
        "".join(sorted(user.flags)),
        None if operator is None else _operatorRecord(operator),
        user.detached,
        user.stays,
        dict(user.metadata),
    )


def _operatorRecord(operator: Operator) -> OperatorRecord:
    return OperatorRecord(operator.title, tuple(sorted(operator.privileges)), operator.host)


def _user(record: UserRecord) -> User:
    user = User(record.source, record.since)
    user.elsewhere = record.sessions or NOWHERE
    user.absences = record.absences or NOWHERE
    user.stays = record.stays
    user.flags = frozenset(record.flags) or NO_FLAGS
    user.metadata = record.metadata or NOWHERE
    if record.operator is not None:
        user.operator = Operator(record.operator.title, frozenset(record.operator.privileges), record.operator.host)
    return user


def _roomRecord(room: Room) -> RoomRecord:
    return RoomRecord(
        room.name,
        room.created,
        room.topic,
        room.modes,
        {
            letter: tuple([MaskRecord(item.mask, item.by, item.time) for item in items.values()])
            for letter, items in room.lists.items()
        },
        room.granted,
        {uid: member.ranks for uid, member in room.members.items()},
        room.bansSet,
        room.founder,
        dict(room.settings),
        {uid: member.since for uid, member in room.members.items()},
        dict(room.metadata),
    )


def _addRoom(state: State, record: RoomRecord) -> None:
    room = state.roomFor(record.name, record.created)
    room.topic = record.topic
    room.modes = record.modes
    for letter, items in record.lists.items():
        for item in items:
            room.change(ModeChange(True, letter, item.mask), item.by, item.time)
    room.granted = record.granted
    for uid, ranks in record.members.items():
        user = _userNamed(state, uid)
        room.members[uid] = Member(user, ranks, record.since.get(uid, 0))
    room.bansSet = record.bansSet
    state.rooms.setFounder(room, record.founder)
    room.settings = record.settings or NO_SETTINGS
    room.metadata = record.metadata or NO_SETTINGS
    if room.abandoned:
        state.rooms.abandoned[room] = None


def _accountRecord(account: Account) -> AccountRecord:
    return AccountRecord(
        account.name,
        account.registered,
        account.until,
        account.suspended,
        account.credentials,
        account.nicks,
        dict(account.settings),
        account.logins,
        tuple([LeftRecord(*left) for left in account.inbox]),
        account.registration,
        dict(account.markers),
        account.presence,
        dict(account.metadata),
    )


def _addAccount(accounts: Accounts, record: AccountRecord) -> None:
    account = Account(record.name, record.registered, record.until, record.registration)
    account.suspended = record.suspended
    accounts.add(account)
    for credential in record.credentials:
        accounts.setCredential(account, credential)
    for nick in record.nicks:
        accounts.group(account, nick)
    account.settings = record.settings or NOTHING
    account.metadata = record.metadata or NOTHING
    account.logins = record.logins
    account.presence = record.presence
    account.inbox = tuple([Left(left.sequence, left.sender, left.time) for left in record.inbox])
    for target, time in record.markers.items():
        accounts.mark(account, target, time)


def _named(state: State, name: str) -> Room:
    room = state.rooms.get(name)
    if room is None:
        raise UnreadableSnapshot(f"it contradicts itself: it has no room {name!r}")
    return room


def _userNamed(state: State, uid: str) -> User:
    user = state.users.get(uid)
    if user is None:
        raise UnreadableSnapshot(f"it contradicts itself: it has no user with the id {uid!r}")
    return user

"""Registered rooms: their founders, access lists and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from twistchat.chat import errors
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    Entry,
    Event,
    KeptRoomMetadataSet,
    ModeChange,
    ModesSet,
    RoomDropped,
    RoomEvent,
    RoomRegistered,
    RoomSettingSet,
    RoomTransferred,
    Source,
)
from twistchat.chat.model.modes.room import (
    FOUNDER,
    OPERATOR,
    PROTECTED,
    RANK_BY_LETTER,
    level,
    parseRanks,
)
from twistchat.chat.model.names import fold, normalizeRoom
from twistchat.chat.model.rooms import NO_SETTINGS, SETTINGS, Room
from twistchat.chat.model.sessions import Asker, Origin
from twistchat.chat.model.texts import checkText
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.rooms.access import free, setAccess, setFounder
from twistchat.chat.rules.rooms.authority import Authority
from twistchat.chat.rules.rooms.changes import describeChanges
from twistchat.chat.rules.rooms.settings import CHOICES, checkSetting

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LONGEST_SETTING: Final = 32
"""The most characters of an unknown setting that an error repeats."""


class Access(NamedTuple):
    """
    An account in the access list of a room.

    @ivar account: the display form of its name.
    @ivar ranks: the letters of its ranks, highest first.
    """

    account: str
    ranks: str


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """
    What is known of a registered room.

    @ivar name: the display form of its name.
    @ivar founder: the account that owns it.
    @ivar created: when it was created, in milliseconds since the epoch.
    @ivar settings: its settings.  Only its founder and administrators see the successor.
    """

    name: str
    founder: str
    created: int
    settings: Mapping[str, str]


class Ownership:
    """
    The verbs that register rooms and change registered rooms.

    See L{Authority} for who may do what.

    @ivar inherits: see L{bequeath}.
    """

    def __init__(self, core: Core, inherits: bool = True, longestRetention: float = 0.0) -> None:
        """
        @param inherits: see L{bequeath}.
        @param longestRetention: the longest retention that a founder may choose for a room, in seconds; 0 for no limit.
        """
        self._core = core
        self._authority = Authority(core)
        self._audit = Audit(core)
        self.inherits = inherits
        self._longestRetention = longestRetention

    def register(self, asker: Asker | None, name: str, account: str | None = None) -> Receipt:
        """
        Register a room, which the asker operates.

        @param account: its founder; C{None} for the asker's account.  Only administrators may choose another one.
        @raise CannotRegister: it is the lobby.
        @raise RoomRegisteredAlready: it is registered.
        @raise TooManyOf: the account has too many rooms.
        """
        if account is None or not self._authority.administers(asker):
            account = self._authority.account(asker)
        founder = self._authority.named(account)
        if self._authority.administers(asker):
            name = normalizeRoom(name, self._core.limits.room)
            room = self._core.state.rooms.get(name)
            if room is None:
                self._core.state.rooms.checkFree(name)
        else:
            assert asker is not None
            room, member = self._core.membership(asker, name)
            room.require(member, OPERATOR)
        name = name if room is None else room.name
        if fold(name) == self._core.lobby:
            raise errors.CannotRegister(name, "everyone arrives there")
        if room is not None and room.founder is not None:
            raise errors.RoomRegisteredAlready(name)
        isOverride = not (self._authority.isOwn(asker, founder.name) and self._operates(asker, room))
        registering = self._give(asker, founder, RoomRegistered(self._source(asker), name, founder.name), isOverride)
        return registering.addCallback(self._keepMetadata)

    def drop(self, asker: Asker | None, name: str) -> Receipt:
        """End the registration of a room."""
        room = self._authority.founded(asker, name)
        return self._propose(asker, _dropping(self._source(asker), room), self._authority.overrides(asker, room))

    def transfer(self, asker: Asker | None, name: str, account: str) -> Receipt | None:
        """
        Make another account the founder of a room.

        @return: C{None} if it is the founder already.
        @raise TooManyOf: the account has too many rooms.
        """
        room, founder = self._authority.founded(asker, name), self._authority.named(account)
        if room.founder == founder.name:
            return None
        event = RoomTransferred(self._source(asker), room.name, founder.name)
        return self._give(asker, founder, event, self._authority.overrides(asker, room))

    def setAccess(self, asker: Asker | None, name: str, account: str, ranks: str) -> Receipt | None:
        """
        Change the access list of a room.

        This needs the rank C{a}, and a higher level than the account has now and will have.  Everyone may give up
        ranks of their own.

        @param ranks: a word or letters, see L{parseRanks}; C{"none"} or C{""} removes the account.
        @return: C{None} if nothing would change.
        @raise NoAccess: the asker's rank does not suffice.
        @raise FounderNotListed: the account is the founder, who has all ranks.
        @raise TooManyOf: the list is full.
        """
        room, wanted = self._authority.registered(asker, name), parseRanks(ranks)
        own, key = self._authority.level(asker, room), fold(account)
        if key not in room.granted or wanted:
            account = self._authority.named(account).name
            key = fold(account)
        held = room.granted.get(key, "")
        resigning = self._authority.isOwn(asker, account) and set(wanted) <= set(held)
        if not resigning and (own < PROTECTED or own <= max(level(wanted), level(held))):
            raise errors.NoAccess(room.name)
        if room.founder is not None and key == fold(room.founder) and (wanted or not held):
            raise errors.FounderNotListed(room.founder, room.name)
        if wanted == held:
            return None
        setting = AccessSet(self._source(asker), room.name, account, wanted)
        needed = max(PROTECTED, level(wanted) + 1, level(held) + 1)
        isOverride = not resigning and self._authority.overrides(asker, room, needed)
        if held:
            return self._propose(asker, setting, isOverride)
        limit, counted = self._core.limits.accessPerRoom, f"access {room.key}"
        if len(room.granted) + self._core.pending[counted] >= limit:
            raise errors.TooManyOf(f"accounts in the access list of {room.name}", limit)
        return self._core.counted(counted, self._propose(asker, setting, isOverride))

    def setSetting(self, asker: Asker | None, name: str, setting: str, value: str | None) -> Receipt:
        """
        Change a setting of a room.

        @param setting: a key of L{SETTINGS}.
        @param value: the value; C{None} or C{""} for the default.  So does a word in L{REMOVING
            <twistchat.chat.rules.rooms.settings.REMOVING>} for a setting that applies in every room.
        @raise BadName: there is no such setting.
        @raise BadSetting: the setting cannot have this value.
        """
        room = self._authority.founded(asker, name)
        if setting not in SETTINGS:
            raise errors.BadName(setting[:LONGEST_SETTING], f"is not a setting; the settings are {', '.join(SETTINGS)}")
        checkText(f"the {setting}", value or "", self._core.limits.topic)
        if setting == "successor" and value:
            value = self._authority.named(value).name
        isOverride = self._authority.overrides(asker, room)
        if setting in CHOICES and value:
            given = value
            try:
                value = checkSetting(setting, given, self._longestRetention)
            except errors.BadSetting:
                if not self._authority.administers(asker):
                    raise
                value, isOverride = checkSetting(setting, given, 0), asker is not None
        return self._propose(asker, RoomSettingSet(self._source(asker), room.name, setting, value or None), isOverride)

    def grantOwn(self, asker: Asker, name: str) -> Receipt | None:
        """
        Give the asker, who is in the room, the ranks that they have in its access list.

        @return: C{None} if they have them already.
        @raise NoAccess: they are not in the list.
        """
        room, member = self._core.membership(asker, name)
        if room.founder is None:
            raise errors.RoomNotRegistered(room.name)
        source = member.user.source
        ranks = room.ranksOf(self._authority.account(asker))
        if not ranks:
            raise errors.NoAccess(room.name)
        changes = tuple(
            [ModeChange(True, letter, source.nick, source) for letter in ranks if letter not in member.ranks]
        )
        return self._core.propose(asker, ModesSet(source, room.name, changes)) if changes else None

    def setRank(self, asker: Asker, name: str, nick: str, letter: str, adding: bool) -> Receipt | None:
        """
        Give a member of a room a rank for this visit, or take it.  The asker need not be in the room.

        @param letter: the letter of the rank.
        @return: C{None} if nothing would change.
        @raise NoAccess: the asker's rank does not suffice to give this rank, or is below that of the member.
        """
        room = self._authority.registered(asker, name)
        member = room.members.get(self._core.named(nick).source.uid)
        own, subject = self._authority.level(asker, room), None if member is None else member.user.source
        if own < RANK_BY_LETTER[letter].grantedBy:
            raise errors.NoAccess(room.name)
        if member is None or subject is None:
            raise errors.TargetNotInRoom(nick, room.name)
        if not adding and own < member.level:
            raise errors.NoAccess(room.name)
        change = ModeChange(adding, letter, subject.nick, subject)
        if room.isInEffect(change):
            return None
        needed = max(RANK_BY_LETTER[letter].grantedBy, 0 if adding else member.level)
        isOverride = self._authority.overrides(asker, room, needed)
        return self._propose(asker, ModesSet(self._core.user(asker).source, room.name, (change,)), isOverride)

    def bequeath(self, asker: Asker | None, account: Account) -> None:
        """
        Propose what becomes of the rooms of an account that is about to be dropped.

        If accounts inherit, a room goes to its successor, or else to the account with the highest rank in its access
        list; the one that got this rank first wins.  It must be usable, and may have any number of rooms: otherwise
        somebody could fill the list of a successor, and take the room.  Without an heir the room becomes free.
        """
        source = self._source(asker)
        for room in self._core.state.rooms.ownedBy(account.name):
            heir = self._heir(room, account) if self.inherits else None
            event = _dropping(source, room) if heir is None else RoomTransferred(source, room.name, heir.name)
            self._propose(asker, event).addErrback(_ignore)

    # Questions

    def access(self, asker: Asker | None, name: str) -> list[Access]:
        """
        The access list of a room, without its founder, in the order in which accounts got their ranks.

        @raise NoAccess: the asker is not in the list.
        """
        room = self._authority.registered(asker, name)
        if not self._authority.level(asker, room):
            raise errors.NoAccess(room.name)
        accounts = self._core.state.accounts
        found = ((accounts.get(key), ranks) for key, ranks in room.granted.items())
        return [Access(account.name, ranks) for account, ranks in found if account is not None]

    def info(self, asker: Asker | None, name: str) -> RoomInfo:
        """What the asker may know of a registered room."""
        room = self._authority.registered(asker, name)
        assert room.founder is not None
        settings = {name: room.settings[name] for name in room.settings if name in SETTINGS}
        if self._authority.level(asker, room) < FOUNDER:
            settings.pop("successor", None)
        return RoomInfo(room.name, room.founder, room.created, settings)

    def roomsOf(self, account: str) -> list[str]:
        """The names of the rooms whose founder is this account."""
        return [room.name for room in self._core.state.rooms.ownedBy(account)]

    # Checks

    def _operates(self, asker: Asker | None, room: Room | None) -> bool:
        """Whether the asker is an operator of a room, in which they are."""
        uid = self._source(asker).uid
        return room is not None and uid in room.members and room.members[uid].level >= OPERATOR

    def _give(self, asker: Asker | None, account: Account, event: Event, isOverride: bool) -> Receipt:
        """
        Propose an event that gives an account another room.

        @param isOverride: see L{_propose}.
        @raise TooManyOf: the account has too many rooms.
        """
        limit, counted = self._core.limits.roomsPerAccount, f"rooms {fold(account.name)}"
        if len(self._core.state.rooms.ownedBy(account.name)) + self._core.pending[counted] >= limit:
            raise errors.TooManyOf("rooms", limit)
        return self._core.counted(counted, self._propose(asker, event, isOverride))

    def _keepMetadata(self, registered: Entry) -> Entry:
        """Propose to keep the metadata that a room had before it was registered."""
        event = registered.event
        assert isinstance(event, RoomRegistered)
        room = self._core.state.rooms.get(event.room)
        for key, value in () if room is None else room.metadata.items():
            kept = KeptRoomMetadataSet(event.source, event.room, "", key, value)
            self._core.log.append(kept, None).addErrback(_ignore)
        return registered

    def _heir(self, room: Room, account: Account) -> Account | None:
        """The account that inherits a room; C{None} if there is none."""
        accounts = self._core.state.accounts
        listed = sorted(room.granted, key=lambda key: -level(room.granted[key]))
        for name in (room.settings.get("successor", ""), *listed):
            heir = accounts.get(name)
            if heir is not None and heir is not account and heir.usable:
                return heir
        return None

    def _source(self, asker: Asker | None) -> Source:
        return SERVER if asker is None else self._core.user(asker).source

    def _propose(self, asker: Asker | None, event: Event, isOverride: bool = False) -> Receipt:
        """
        Propose an event.

        @param isOverride: whether the asker can do this only as a server operator, which the audit trail records.
        """
        if isOverride:
            self._audit.note(asker, *_act(event))
        return self._core.log.append(event, None if asker is None else asker.origin)


def _act(event: Event) -> tuple[str, str, str]:
    """The act, the target and the detail of an event, for the audit trail."""
    match event:
        case RoomRegistered():
            return "room.register", event.room, event.account
        case RoomTransferred():
            return "room.transfer", event.room, event.account
        case RoomDropped():
            return "room.drop", event.room, ""
        case AccessSet():
            return "room.access", event.room, f"{event.account} {event.ranks or 'none'}"
        case RoomSettingSet():
            return "room.set", event.room, f"{event.name} {event.value or 'default'}"
        case ModesSet():
            return "room.modes", event.room, describeChanges(event.changes)
    raise AssertionError(event)


def _ignore(failure: object) -> None:
    """
    Ignore that a room could not be given away, because the entry that drops the account makes it free; or that its
    metadata is not kept.
    """


# Effects


def _roomRegistered(state: State, entry: Entry, event: RoomRegistered, origin: Origin | None) -> None:
    _checkNotDropped(state, event.account)
    room = state.roomOf(event) or state.roomFor(event.room, entry.time)
    if room.founder is not None:
        raise errors.RoomRegisteredAlready(room.name)
    state.rooms.vacancies.pop(room.key, None)
    setFounder(state, entry, room, event.account, origin)


def _roomTransferred(state: State, entry: Entry, event: RoomTransferred, origin: Origin | None) -> None:
    _checkNotDropped(state, event.account)
    setFounder(state, entry, _registered(state, event), event.account, origin)


def _roomDropped(state: State, entry: Entry, event: RoomDropped, origin: Origin | None) -> None:
    room = state.roomOf(event)
    if event.sealed and (room is None or room.founder is None) and not state.users:
        # A replay, in which the room has not been registered, seals it all the same.
        state.rooms.sealed[fold(event.room)] = entry.sequence
        return
    room = _registered(state, event)
    if event.sealed:
        state.rooms.sealed[room.key] = entry.sequence
    free(state, entry, room, origin)


def _accessSet(state: State, entry: Entry, event: AccessSet, origin: Origin | None) -> None:
    room = _registered(state, event)
    ranks = event.ranks if state.accounts.get(event.account) is not None else ""
    setAccess(state, entry, room, event.account, ranks, origin)


def _roomSettingSet(state: State, entry: Entry, event: RoomSettingSet, origin: Origin | None) -> None:
    room = _registered(state, event)
    settings = {name: value for name, value in room.settings.items() if name != event.name}
    if event.value is not None:
        settings[event.name] = event.value
    room.settings = settings or NO_SETTINGS


def _checkNotDropped(state: State, account: str) -> None:
    """
    Check that an account was not dropped since the event was proposed.  At a restart, an account that was dropped later
    is not there, so only the names of dropped accounts tell.
    """
    if state.accounts.isRetired(account):
        raise errors.NoSuchAccount(account)


def _dropping(source: Source, room: Room) -> RoomDropped:
    """The event that ends the registration of a room."""
    return RoomDropped(source, room.name, room.settings.get("history") == "joined")


def _registered(state: State, event: RoomEvent) -> Room:
    room = state.roomOf(event)
    if room is None or room.founder is None:
        raise errors.RoomNotRegistered(event.room)
    return room


EFFECTS: Effects = {
    RoomRegistered: _roomRegistered,
    RoomTransferred: _roomTransferred,
    RoomDropped: _roomDropped,
    AccessSet: _accessSet,
    RoomSettingSet: _roomSettingSet,
}
"""The effect of each class of event."""

"""A small model of the chat: its rules, with lists and sets, and without events, journal or dialects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from twistchat.chat import errors
from twistchat.chat.errors import ChatError

Refusals = set[type[ChatError]]

CYRILLIC = "\N{CYRILLIC SMALL LETTER A}"

LEVELS = {"": 0, "v": 10, "o": 30, "a": 40, "q": 50}

TERM = 600.0
"""For how many seconds the last operator of a room may be away."""

MODE_LEVELS = {"m": 20, "b": 20, "v": 20, "o": 30, "i": 30, "n": 30, "s": 30, "t": 30, "N": 30}


def ranked(letters: Iterable[str]) -> str:
    """Return ranks in order, highest first."""
    return "".join(sorted(set(letters), key="qaov".index))


def same(name: str) -> str:
    """Return a key that is equal for equal names: only ASCII letters have a case."""
    return "".join([letter.lower() if letter.isascii() else letter for letter in name])


def alike(name: str) -> str:
    """Return a key that is equal for names that look alike."""
    return name.lower().replace(CYRILLIC, "a")


@dataclass(eq=False)
class Place:
    """A room."""

    name: str
    topic: str = ""
    modes: set[str] = field(default_factory=lambda: {"n", "t"})
    banned: set[str] = field(default_factory=set)
    ranks: dict[Guest, str] = field(default_factory=dict)
    founder: str | None = None
    access: dict[str, str] = field(default_factory=dict)

    def level(self, guest: Guest) -> int:
        """Return the level of a user's highest rank."""
        return LEVELS[self.ranks[guest][:1]]

    def due(self, account: str | None) -> str:
        """Return the ranks of an account, by the access list."""
        founder = "q" if account is not None and account == self.founder else ""
        return ranked(founder + self.access.get(account or "", ""))

    def dueLevel(self, guest: Guest) -> int:
        """Return the level of a user by the access list."""
        return LEVELS[self.due(guest.account)[:1]]

    def bans(self, guest: Guest) -> bool:
        """Whether a ban matches a user."""
        return same(guest.nick) in self.banned

    def silences(self, guest: Guest) -> bool:
        """Whether a ban prevents a member from speaking."""
        return self.bans(guest) and self.level(guest) < LEVELS["v"]

    @property
    def led(self) -> bool:
        """Whether there is an operator, or an owner."""
        return self.founder is not None or any(LEVELS[ranks[:1]] >= 30 for ranks in self.ranks.values())

    @property
    def over(self) -> bool:
        """Whether nothing keeps the room."""
        return not (self.ranks or self.topic or self.banned or self.founder or self.modes != {"n", "t"})


@dataclass(eq=False)
class Claim:
    """
    A room has lost its last operator.

    @ivar since: when, in seconds.
    @ivar guest: who that was, and may have the rank back; C{None} where nobody may.
    @ivar nick: what they were called then.
    @ivar account: the account that they had then.
    @ivar ranks: what they had.
    @ivar resigned: who laid the rank down.
    """

    since: float
    guest: Guest | None = None
    nick: str = ""
    account: str | None = None
    ranks: str = ""
    resigned: Guest | None = None


@dataclass(eq=False)
class Guest:
    """
    A user.

    @ivar host: where they are from, which is made of the nick with which they came in.
    @ivar connections: how many connections they have.
    @ivar absences: the connections that are away, by their index, and their messages, newest last.
    @ivar invitations: where they are invited, and whether past bans.
    @ivar heard: what they hear in the current step: all of their connections; but the first alone what begins with
        a tilde, for it watches; and the others alone what begins with an equals sign, for the first said it.
    """

    nick: str
    host: str
    account: str | None = None
    realname: str = ""
    connections: int = 1
    absences: list[tuple[int, str]] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    operator: bool = False
    invitations: dict[Place, bool] = field(default_factory=dict)
    watches: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    @property
    def away(self) -> str | None:
        """The newest away message, if all connections are away."""
        return self.absences[-1][1] if len(self.absences) == self.connections else None


class Model:
    """
    The state of the model.  Each method is a verb.  It returns the errors, one of which the chat must raise.  If there
    are none, it changes the state.
    """

    def __init__(self) -> None:
        self.guests: list[Guest] = []
        self.places: list[Place] = []
        self.claims: dict[str, Claim] = {}
        self.now = 0.0

    # Finding

    def named(self, nick: str) -> Guest | None:
        """Return the user with a nick."""
        return next((guest for guest in self.guests if same(guest.nick) == same(nick)), None)

    def place(self, name: str) -> Place | None:
        """Return the room with a name."""
        return next((place for place in self.places if same(place.name) == same(name)), None)

    def rooms(self, guest: Guest) -> list[Place]:
        """Return the rooms of a user."""
        return [place for place in self.places if guest in place.ranks]

    def near(self, guest: Guest) -> set[Guest]:
        """Return the users who share a room with a user, including the user."""
        return {guest}.union(*(place.ranks for place in self.rooms(guest)))

    # Telling

    def tell(self, guests: Iterable[Guest], line: str) -> None:
        """Add a line to the output of users."""
        for guest in guests:
            guest.heard.append(line)

    def watched(self, nick: str, line: str, but: Iterable[Guest] = ()) -> None:
        """Add a line to the output of those who watch a nick."""
        self.tell([guest for guest in self.guests if same(nick) in guest.watches and guest not in but], f"~{line}")

    def news(self, guest: Guest, line: str, themselves: bool = True) -> None:
        """Add a line to the output of those who share a room with a user, and of watchers."""
        near = self.near(guest)
        self.tell(near if themselves else near - {guest}, line)
        self.watched(guest.nick, line, near)

    # People

    def enter(self, nick: str) -> Refusals:
        """Enter."""
        if any(alike(guest.nick) == alike(nick) for guest in self.guests):
            return {errors.NickInUse}
        self.guests.append(Guest(nick, nick.lower()))
        self.watched(nick, f"{nick} entered")
        return set()

    def leave(self, guest: Guest, line: str) -> None:
        """Quit."""
        near = self.near(guest) - {guest}
        for place in self.rooms(guest):
            self._out(place, guest)
        self.guests.remove(guest)
        self.tell(near, line)
        self.watched(guest.nick, line)

    def rename(self, guest: Guest, nick: str) -> Refusals:
        """Change nick."""
        if any(alike(other.nick) == alike(nick) and other is not guest for other in self.guests):
            return {errors.NickInUse}
        if nick == guest.nick:
            return set()
        refusals = self._fixed(guest)
        if not refusals:
            old, guest.nick = guest.nick, nick
            self.tell(self.near(guest), f"{old} is {nick}")
            if same(old) != same(nick):
                self.watched(old, f"{old} quit")
                self.watched(nick, f"{nick} entered")
        return refusals

    def setRealname(self, guest: Guest, realname: str) -> Refusals:
        """Change realname."""
        if realname == guest.realname:
            return set()
        refusals = self._fixed(guest) - {errors.NickFixed}
        if not refusals:
            guest.realname = realname
            self.news(guest, f"{guest.nick} realname {realname}")
        return refusals

    def setAway(self, guest: Guest, message: str | None, connection: int = 0) -> Refusals:
        """Set or end an absence of a connection."""
        before = guest.away
        guest.absences = [absence for absence in guest.absences if absence[0] != connection]
        if message is not None:
            guest.absences.append((connection, message))
        self._absence(guest, before)
        return set()

    def connect(self, guest: Guest, number: int) -> None:
        """Open another connection, or close the last one."""
        before = guest.away
        guest.connections += number
        guest.absences = [absence for absence in guest.absences if absence[0] < guest.connections]
        self._absence(guest, before)

    def _absence(self, guest: Guest, before: str | None) -> None:
        if guest.away != before:
            self.news(guest, f"{guest.nick} away {guest.away or ''}".rstrip(), themselves=False)

    def setFlag(self, guest: Guest, letter: str, adding: bool) -> Refusals:
        """Change a user mode."""
        if adding != (letter in guest.flags):
            guest.flags ^= {letter}
            self.tell([guest], f"{guest.nick} umode +{letter}-" if adding else f"{guest.nick} umode +-{letter}")
        return set()

    def kill(self, guest: Guest, nick: str) -> Refusals:
        """Kill a user."""
        victim = self.named(nick)
        if not guest.operator:
            return {errors.NotPrivileged}
        if victim is None:
            return {errors.NoSuchNick}
        self.leave(victim, f"{guest.nick} killed {victim.nick} spam")
        return set()

    def announce(self, guest: Guest, text: str) -> Refusals:
        """Announce something."""
        if not guest.operator:
            return {errors.NotPrivileged}
        self.tell(
            [other for other in self.guests if other.operator or "w" in other.flags], f"{guest.nick} announced {text}"
        )
        return set()

    # Rooms

    def join(self, guest: Guest, name: str) -> Refusals:
        """Join a room."""
        place = self.place(name)
        if place is None:
            if any(alike(other.name) == alike(name) for other in self.places):
                return {errors.RoomLookalike}
            place = Place(name)
            self.places.append(place)
        elif guest in place.ranks:
            return set()
        elif place.bans(guest) and not guest.invitations.get(place) and place.dueLevel(guest) < LEVELS["q"]:
            return {errors.Banned}
        elif "i" in place.modes and not (
            place in guest.invitations or self._awaited(place, guest) or place.dueLevel(guest) >= 20
        ):
            return {errors.InviteOnly}
        guest.invitations.pop(place, None)
        ranks = place.due(guest.account) if place.ranks or place.founder else "o"
        if self._awaited(place, guest):
            ranks = ranked(ranks + self.claims.pop(same(place.name)).ranks)
        place.ranks[guest] = ranks
        self.tell(place.ranks, f"{place.name} {guest.nick} joined")
        if len(place.ranks) == 2 and not place.led:
            self._claim(place, self.claims.get(same(place.name)) or Claim(self.now))
        return set()

    def part(self, guest: Guest, name: str) -> Refusals:
        """Leave a room."""
        place = self._within(guest, name)
        if isinstance(place, set):
            return place
        self.tell(place.ranks, f"{place.name} {guest.nick} parted")
        self._out(place, guest)
        return set()

    def setTopic(self, guest: Guest, name: str, topic: str) -> Refusals:
        """Set a topic."""
        place = self._within(guest, name, level="t")
        if isinstance(place, set):
            return place
        place.topic = topic
        self.tell(place.ranks, f"{place.name} {guest.nick} topic {topic}".rstrip())
        return set()

    def kick(self, guest: Guest, name: str, nick: str) -> Refusals:
        """Kick a member."""
        place = self._within(guest, name, 20)
        if isinstance(place, set):
            return place
        target = self.named(nick)
        if target is None:
            return {errors.NoSuchNick}
        if target not in place.ranks:
            return {errors.TargetNotInRoom}
        if place.level(guest) < place.level(target):
            return {errors.NotOperator}
        self.tell(place.ranks, f"{place.name} {guest.nick} kicked {target.nick}")
        self._out(place, target)
        return set()

    def invite(self, guest: Guest, name: str, nick: str) -> Refusals:
        """Invite a user."""
        place = self._within(guest, name, level="i")
        if isinstance(place, set):
            return place
        invitee = self.named(nick)
        if invitee is None:
            return {errors.NoSuchNick}
        if invitee in place.ranks:
            return {errors.AlreadyInRoom}
        invitee.invitations[place] = place.level(guest) >= MODE_LEVELS["b"] or invitee.invitations.get(place, False)
        self.tell({invitee, *place.ranks}, f"{place.name} {guest.nick} invited {invitee.nick}")
        return set()

    def setMode(self, guest: Guest, name: str, letter: str, adding: bool) -> Refusals:
        """Change a mode of a room."""
        place = self._within(guest, name, MODE_LEVELS[letter])
        if isinstance(place, set):
            return place
        if adding != (letter in place.modes):
            place.modes ^= {letter}
            self.tell(place.ranks, f"{place.name} {guest.nick} set {'+' if adding else '-'}{letter}")
        return set()

    def setBan(self, guest: Guest, name: str, nick: str, adding: bool) -> Refusals:
        """Ban a nick, or remove the ban."""
        place = self._within(guest, name, MODE_LEVELS["b"])
        if isinstance(place, set):
            return place
        if adding != (same(nick) in place.banned):
            place.banned ^= {same(nick)}
            for other in self.guests:
                if adding and place in other.invitations:
                    other.invitations[place] = False
            self.tell(place.ranks, f"{place.name} {guest.nick} set {'+' if adding else '-'}b {same(nick)}!*@*")
        return set()

    def setRank(self, guest: Guest, name: str, nick: str, letter: str, adding: bool) -> Refusals:
        """Give a rank, or remove it."""
        place = self._within(guest, name)
        if isinstance(place, set):
            return place
        target = self.named(nick)
        if target is None:
            return {errors.NoSuchNick}
        if target not in place.ranks:
            return {errors.TargetNotInRoom}
        if (adding or target is not guest) and place.level(guest) < MODE_LEVELS[letter]:
            return {errors.NotOperator}
        held = set(place.ranks[target])
        if adding != (letter in held):
            place.ranks[target] = ranked(held ^ {letter})
            if not place.led:
                lost = letter == "o"
                claim = self.claims.get(same(place.name))
                if claim is None or (lost and self.now >= claim.since + TERM):
                    claim = Claim(self.now)
                self._claim(place, replace(claim, resigned=target if lost else claim.resigned))
            self.tell(place.ranks, f"{place.name} {guest.nick} set {'+' if adding else '-'}{letter} {target.nick}")
        return set()

    def renameRoom(self, guest: Guest, name: str, new: str) -> Refusals:
        """Rename a room."""
        place = self._within(guest, name, "founder")
        if isinstance(place, set):
            return place
        for other in self.places:
            if other is not place and alike(other.name) == alike(new):
                return {errors.RoomNameInUse if same(other.name) == same(new) else errors.RoomLookalike}
        if new != place.name:
            self.tell(place.ranks, f"{place.name} {guest.nick} renamed it {new}")
            if same(place.name) != same(new):
                self.claims.pop(same(new), None)
            self.claims = {same(new) if key == same(place.name) else key: claim for key, claim in self.claims.items()}
            place.name = new
        return set()

    # Accounts

    def login(self, guest: Guest, account: str, connections: int) -> Refusals:
        """Log in to an account that nobody is logged in to."""
        if guest.account is not None:
            return set() if guest.account == account else {errors.AlreadyLoggedIn}
        return {errors.TooManySessions} if connections > 1 else self._setAccount(guest, account)

    def logout(self, guest: Guest) -> Refusals:
        """Log out."""
        return {errors.NotLoggedIn} if guest.account is None else self._setAccount(guest, None)

    def _setAccount(self, guest: Guest, account: str | None) -> Refusals:
        before, guest.account = guest.account, account
        self.news(guest, f"{guest.nick} account {account}")
        for place in self.rooms(guest):
            changes = self._change(place, guest, place.due(before), place.due(account))
            if changes:
                self.tell(place.ranks, f"{place.name}  set {' '.join(changes)}")
        return set()

    def register(self, guest: Guest, name: str) -> Refusals:
        """Register a room."""
        if guest.account is None:
            return {errors.NotLoggedIn}
        place = self._within(guest, name, 30)
        if isinstance(place, set):
            return place
        if place.founder is not None:
            return {errors.RoomRegisteredAlready}
        place.founder = guest.account
        self.claims.pop(same(place.name), None)
        self._regrant(place, guest.nick, {guest.account: ""})
        return set()

    def drop(self, guest: Guest, name: str) -> Refusals:
        """End the registration of a room."""
        place = self._founded(guest, name)
        if isinstance(place, set):
            return place
        place.founder = None
        place.access.clear()
        changes: list[str] = []
        for member, held in place.ranks.items():
            if "q" in held:
                changes += self._change(place, member, held, held.replace("q", "o"))
        if changes:
            self.tell(place.ranks, f"{place.name} {guest.nick} set {' '.join(changes)}")
        if not place.ranks:
            self._emptied(place)
        elif not place.led:
            self._claim(place, Claim(self.now))
        return set()

    def transfer(self, guest: Guest, name: str, account: str) -> Refusals:
        """Give a room to another account."""
        place = self._founded(guest, name)
        if isinstance(place, set):
            return place
        assert place.founder is not None
        if account != place.founder:
            before = {one: place.due(one) for one in (place.founder, account)}
            place.founder = account
            self._regrant(place, guest.nick, before)
        return set()

    def setAccess(self, guest: Guest, name: str, account: str, ranks: str) -> Refusals:
        """Change the access list of a room."""
        place = self._registered(guest, name)
        if isinstance(place, set):
            return place
        held, own = place.access.get(account, ""), place.dueLevel(guest)
        resigns = guest.account == account and set(ranks) <= set(held)
        if not resigns and (own < LEVELS["a"] or own <= max(LEVELS[ranks[:1]], LEVELS[held[:1]])):
            return {errors.NoAccess}
        if account == place.founder and (ranks or not held):
            return {errors.FounderNotListed}
        before = {account: place.due(account)}
        place.access.pop(account, None)
        if ranks:
            place.access[account] = ranks
        self._regrant(place, guest.nick, before)
        return set()

    def grantOwn(self, guest: Guest, name: str) -> Refusals:
        """Get the ranks that one has in the access list."""
        place = self._within(guest, name)
        if isinstance(place, set):
            return place
        if place.founder is None:
            return {errors.RoomNotRegistered}
        if guest.account is None:
            return {errors.NotLoggedIn}
        if not place.due(guest.account):
            return {errors.NoAccess}
        changes = self._change(place, guest, "", place.due(guest.account))
        if changes:
            self.tell(place.ranks, f"{place.name} {guest.nick} set {' '.join(changes)}")
        return set()

    def _registered(self, guest: Guest, name: str) -> Place | Refusals:
        place = self.place(name)
        if place is None or ("s" in place.modes and guest not in place.ranks and not place.dueLevel(guest)):
            return {errors.NoSuchRoom}
        return place if place.founder is not None else {errors.RoomNotRegistered}

    def _founded(self, guest: Guest, name: str) -> Place | Refusals:
        place = self._registered(guest, name)
        if isinstance(place, set):
            return place
        return place if place.dueLevel(guest) >= LEVELS["q"] else {errors.NotFounder}

    # Texts

    def say(self, guest: Guest, name: str, text: str) -> Refusals:
        """Send a text to a room.  The other members hear it, and the sender's other sessions."""
        place = self.place(name)
        if place is None:
            return {errors.NoSuchRoom}
        if guest not in place.ranks:
            outside = "n" in place.modes or place.bans(guest)
            if "s" in place.modes and (outside or "m" in place.modes):
                return {errors.NoSuchRoom}
            if outside:
                return {errors.NotInRoom}
        elif place.silences(guest):
            return {errors.Banned}
        if "m" in place.modes and (guest not in place.ranks or place.level(guest) < LEVELS["v"]):
            return {errors.CannotSpeak}
        line = f"{place.name} {guest.nick}: {text}"
        self.tell(place.ranks.keys() - {guest}, line)
        if guest in place.ranks:
            self.tell([guest], f"={line}")
        return set()

    def whisper(self, guest: Guest, nick: str, text: str) -> Refusals:
        """Send a private text."""
        recipient = self.named(nick)
        if recipient is None:
            return {errors.NoSuchNick}
        if "R" in recipient.flags and recipient is not guest and not guest.operator and guest.account is None:
            return {errors.TextRefused}
        line = f"@{recipient.nick} {guest.nick}: {text}"
        self.tell([recipient], line)
        if recipient is not guest:
            self.tell([guest], f"={line}")
        return set()

    # What they share

    def _out(self, place: Place, guest: Guest) -> None:
        ranks = place.ranks.pop(guest)
        if not place.ranks:
            self._emptied(place)
        elif LEVELS[ranks[:1]] >= 30 and not place.led:
            self._claim(place, Claim(self.now, guest, guest.nick, guest.account, ranks))

    def _emptied(self, place: Place) -> None:
        """Remove what nobody could remove from an empty room, and perhaps the room."""
        if place.founder is None:
            place.modes.discard("i")
            place.banned.clear()
        if place.over:
            self.places.remove(place)
            for other in self.guests:
                other.invitations.pop(place, None)

    def _regrant(self, place: Place, by: str, before: dict[str, str]) -> None:
        """
        Give members the ranks that their accounts have now, and take what they had and have no more.

        @param by: who did that.
        @param before: the ranks that accounts had.
        """
        changes: list[str] = []
        for account, had in before.items():
            member = next((guest for guest in place.ranks if guest.account == account), None)
            if member is not None:
                changes += self._change(place, member, had, place.due(account))
        if changes:
            self.tell(place.ranks, f"{place.name} {by} set {' '.join(changes)}")

    def _change(self, place: Place, member: Guest, had: str, has: str) -> list[str]:
        """Change the ranks of a member, and describe the changes."""
        held = place.ranks[member]
        lost = [letter for letter in had if letter not in has and letter in held]
        gained = [letter for letter in has if letter not in had and letter not in held]
        place.ranks[member] = ranked({*held, *gained} - {*lost})
        return [f"-{letter} {member.nick}" for letter in lost] + [f"+{letter} {member.nick}" for letter in gained]

    def _claim(self, place: Place, claim: Claim) -> None:
        """Record that a room has lost its last operator."""
        self.claims.pop(same(place.name), None)
        self.claims[same(place.name)] = claim

    def _awaited(self, place: Place, guest: Guest) -> bool:
        """Whether a user gets their rank back."""
        claim = self.claims.get(same(place.name))
        if claim is None or claim.guest is None or self.now >= claim.since + TERM:
            return False
        if claim.guest is guest:
            return True
        if claim.account is not None:
            return claim.account == guest.account
        if claim.guest in self.guests:
            return False
        return same(claim.nick) == same(guest.nick) and claim.guest.host == guest.host

    def tend(self) -> None:
        """Promote the members who have waited long enough."""
        for name, claim in list(self.claims.items()):
            place = self.place(name)
            if place is None or not place.ranks or place.led or self.now < claim.since + TERM:
                continue
            heir = next((guest for guest in place.ranks if guest is not claim.resigned), None)
            if heir is not None:
                del self.claims[name]
                place.ranks[heir] = ranked(place.ranks[heir] + "o")
                self.tell(place.ranks, f"{place.name}  set +o {heir.nick}")

    def _within(self, guest: Guest, name: str, level: int | str = 0) -> Place | Refusals:
        """
        Return the room with a name, if a user is in it and has a rank.

        @param level: the level of that rank; the mode with which a half-operator's is needed; or C{"founder"} for that
            of the founder, if there is one, and else of an operator.
        """
        place = self.place(name)
        if place is None or (guest not in place.ranks and "s" in place.modes):
            return {errors.NoSuchRoom}
        if guest not in place.ranks:
            return {errors.NotInRoom}
        if level == "founder":
            level = 30 if place.founder is None else LEVELS["q"]
        elif isinstance(level, str):
            level = 20 if level in place.modes else 0
        if place.level(guest) < level:
            return {errors.NotOperator}
        return place

    def _fixed(self, guest: Guest) -> Refusals:
        """Return the reasons why a user cannot have a nick.  The chat may give any of them."""
        refusals: Refusals = set()
        for place in self.rooms(guest):
            if place.silences(guest):
                refusals.add(errors.Banned)
            if "N" in place.modes:
                refusals.add(errors.NickFixed)
        return refusals

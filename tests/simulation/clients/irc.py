"""A client of the IRC protocol.  It reads its lines without the server's code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Client, Playback
from tests.simulation.ledger import numberOf
from twistchat.chat.model.names import fold

KINDS: Final = {
    "plain": (),
    "tags": ("batch", "echo-message", "labeled-response", "message-tags", "multi-prefix", "server-time"),
    "full": (
        *("account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost", "draft/channel-rename"),
        *("draft/chathistory", "draft/message-redaction", "draft/read-marker", "echo-message", "extended-join"),
        *("invite-notify", "labeled-response", "message-tags", "multi-prefix", "sasl", "server-time", "setname"),
        *("standard-replies", "userhost-in-names"),
    ),
}
"""The capabilities of each kind of client."""

PREFIXES: Final = {"~": "q", "&": "a", "@": "o", "%": "h", "+": "v"}
"""The modes of ranks, by their prefixes (ISUPPORT PREFIX)."""

TAKES: Final = "beIqkovhal"
"""The channel modes that have a parameter when they are set (ISUPPORT CHANMODES, PREFIX)."""

LINE: Final = re.compile(r"(?:@(\S+) )?(?::(\S+) +)?(\S+)(?: +(.*))?", re.DOTALL)
STAMP: Final = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d\] ")
"""What is in front of a text of the history, for a client without server-time."""


@dataclass(slots=True)
class Room:
    """
    A room, as the client was told.

    @ivar name: its name.
    @ivar members: the modes of the ranks of each member, by folded nick.
    @ivar complete: whether the client has been told all members.
    """

    name: str
    members: dict[str, set[str]] = field(default_factory=dict)
    complete: bool = False


class IrcClient(Client):
    """
    A client of the IRC door.

    @ivar kind: the key of its capabilities in L{KINDS}.
    @ivar nick: its nick, as it was told.
    @ivar rooms: the rooms that it is in, as it was told, by folded name.
    """

    lineEnd = b"\r\n"

    def __init__(self, kind: str, nick: str, *arguments: object) -> None:
        """
        @param kind: a key of L{KINDS}.
        @param nick: the nick that it asks for.
        @param arguments: see L{Client}.
        """
        super().__init__(*arguments)  # type: ignore[arg-type]  # the arguments of Client, passed on
        self.kind = kind
        self.nick = nick
        self.rooms: dict[str, Room] = {}
        self._batches: dict[str, Playback | None] = {}
        self._stamped: Playback | None = None

    @property
    def inRooms(self) -> list[str]:
        """See L{Client.inRooms}."""
        return [room.name for room in self.rooms.values()]

    def greet(self) -> None:
        """Register (modern.ircdocs.horse, "Connection Registration")."""
        names = KINDS[self.kind]
        if names:
            self.send("CAP LS 302")
            self.send(f"CAP REQ :{' '.join(names)}")
        self.send(f"NICK {self.nick}")
        self.send(f"USER {self.nick} 0 * :{self.nick}")
        if names:
            self.send("CAP END")

    def ping(self, token: str) -> None:
        """See L{Client.ping}."""
        self.pings[token] = self._now()
        self.send("")  # ends what was sent before without an end
        self.send(f"PING {token}")

    def lineReceived(self, line: str) -> None:
        """See L{Client.lineReceived}."""
        matched = LINE.fullmatch(line)
        if matched is None:
            raise Broken("the protocol", f"client {self.slot} was sent {line!r}")
        tags, source, command, rest = matched.groups()
        params = _params(rest or "")
        read = getattr(self, f"_on{command}", None)
        if read is not None:
            read(_tags(tags or ""), (source or "").partition("!")[0], params)
        if command not in ("PRIVMSG", "NOTICE", "PART", "JOIN"):  # a rename may come between two portions
            self._endStamped()

    # Each command

    def _on001(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self.registered, self.nick = True, params[0]

    def _on433(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        if not self.registered:
            self.nick += "_"
            self.send(f"NICK {self.nick}")

    def _onERROR(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self.ended = True

    def _onPING(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self.send(f"PONG :{params[-1]}")

    def _onPONG(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self.answered(params[-1])

    def _on900(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self.account = True

    def _onBATCH(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        reference = params[0][1:]
        if params[0].startswith("+"):
            room = fold(params[2]) if params[1] == "chathistory" and len(params) > 2 else None
            asked = "label" in tags or "batch" in tags or self.kind == "full"
            self._batches[reference] = None if room is None else Playback(room, asked=asked)
        else:
            playback = self._batches.pop(reference, None)
            if playback is not None and playback.room.startswith("#"):
                self.played(playback)

    def _onPRIVMSG(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        target, text = params[0], params[-1]
        number = numberOf(text)
        playback = self._batches.get(tags.get("batch", ""))
        if playback is not None:
            if number is not None:
                playback.numbers.append(number)
        elif STAMP.match(text):
            if self._stamped is None or self._stamped.room != fold(target):
                self._endStamped()
                self._stamped = Playback(fold(target))
            if number is not None:
                self._stamped.numbers.append(number)
        elif number is not None:
            self._endStamped()
            self.live(text, f"{who} {params}")

    _onNOTICE = _onPRIVMSG

    def _endStamped(self) -> None:
        """End a history without a batch."""
        playback, self._stamped = self._stamped, None
        if playback is not None and playback.room.startswith("#"):
            self.played(playback)

    def _onJOIN(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        key = fold(params[0])
        if fold(who) == fold(self.nick):
            self.rooms[key] = Room(params[0])
        if key in self.rooms:
            self.rooms[key].members[fold(who)] = set()

    def _onPART(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self._left(who, params[0])

    def _onKICK(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        self._left(params[1], params[0])

    def _left(self, nick: str, name: str) -> None:
        if fold(nick) == fold(self.nick):
            self.rooms.pop(fold(name), None)
        elif fold(name) in self.rooms:
            self.rooms[fold(name)].members.pop(fold(nick), None)

    def _onQUIT(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        for room in self.rooms.values():
            room.members.pop(fold(who), None)

    def _onNICK(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        if fold(who) == fold(self.nick):
            self.nick = params[0]
        for room in self.rooms.values():
            if fold(who) in room.members:
                room.members[fold(params[0])] = room.members.pop(fold(who))

    def _onRENAME(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        room = self.rooms.pop(fold(params[0]), None)
        if room is not None:
            room.name = params[1]
            self.rooms[fold(params[1])] = room

    def _on353(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        room = self.rooms.get(fold(params[2]))
        if room is not None and not room.complete:
            for word in params[3].split():
                nick = word.lstrip("".join(PREFIXES))
                ranks = {PREFIXES[prefix] for prefix in word[: len(word) - len(nick)]}
                room.members[fold(nick.partition("!")[0])] = ranks

    def _on366(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        if fold(params[1]) in self.rooms:
            self.rooms[fold(params[1])].complete = True

    def _onMODE(self, tags: dict[str, str], who: str, params: list[str]) -> None:
        room = self.rooms.get(fold(params[0]))
        if room is None:
            return
        values, adding = iter(params[2:]), True
        for letter in params[1]:
            if letter in "+-":
                adding = letter == "+"
                continue
            value = next(values, "") if letter in TAKES and (adding or letter != "l") else ""
            if letter in PREFIXES.values():
                ranks = room.members.get(fold(value))
                if ranks is not None:
                    (ranks.add if adding else ranks.discard)(letter)


def _params(rest: str) -> list[str]:
    middle, colon, trailing = f" {rest}".partition(" :")
    return middle.split() + ([trailing] if colon else [])


def _tags(data: str) -> dict[str, str]:
    return dict([tag.partition("=")[::2] for tag in data.split(";") if tag])

"""A client of the line door: a person with C{nc}."""

from __future__ import annotations

import re
from typing import Final

from tests.simulation.clients.base import Client, Playback
from tests.simulation.ledger import numberOf
from twistchat.chat.model.names import fold

TEXT: Final = re.compile(r"\[\d\d:\d\d\] (?:\S+ )?(?:<\S+>|\* \S+|-\S+-) (.*)")
BEGIN: Final = re.compile(r"\* History of (\S+), \d{4}-\d\d-\d\d")
END: Final = re.compile(r"\* End of history of (\S+?)(;.*)?")
TELNET: Final = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)


class LineClient(Client):
    """
    A client of the line door.

    @ivar nick: the name that it types first.
    """

    kind = "person"

    def __init__(self, nick: str, *arguments: object) -> None:
        """
        @param nick: the name that it types first.
        @param arguments: see L{Client}.
        """
        super().__init__(*arguments)  # type: ignore[arg-type]  # the arguments of Client, passed on
        self.nick = nick
        self._playback: Playback | None = None

    def greet(self) -> None:
        """Type a name."""
        self.send(self.nick)

    def ping(self, token: str) -> None:
        """The line door has no ping.  It answers an unknown command with an error, or refuses it as too fast."""
        self.pings[token] = self._now()
        self.sendRaw(b"\n")  # ends what was sent before without an end
        self.send(f"/ping-{token}")

    def decode(self, line: bytes) -> str:
        """Leave out the answers of telnet (RFC 854)."""
        return TELNET.sub(b"", line).decode()

    def lineReceived(self, line: str) -> None:
        """See L{Client.lineReceived}."""
        if (said := TEXT.fullmatch(line)) is not None:
            number = numberOf(said[1])
            if self._playback is None:
                self.live(said[1], line)
            elif number is not None:
                self._playback.numbers.append(number)
        elif (begun := BEGIN.fullmatch(line)) is not None:
            self._playback = Playback(fold(begun[1]))
        elif (ended := END.fullmatch(line)) is not None and self._playback is not None:
            playback, self._playback = self._playback, None
            playback.asked = ended[2] is not None  # a page says how to go on
            if playback.room.startswith("#"):
                self.played(playback)
        elif line.startswith("* You are ") and not self.registered:
            self.registered = True
        elif line.startswith("! "):
            self.answered(next(iter(self.pings), ""))

"""The splitter for streams whose clients may use telnet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twistchat.chat.limits import TokenBucket
from twistchat.interfaces.carrier import IClient
from twistchat.wire.lines import Line, LineSplitter
from twistchat.wire.telnet import IAC, TelnetStripper

COMMANDS: Final = (1000.0, 50.0)
"""Burst of telnet commands, and rate per second.  They apply to exempt connections too, since no client needs more."""


class TelnetSplitter:
    """
    Removes telnet commands from a stream, answers them, and splits the rest into lines.

    It turns away a client that sends too many commands.
    """

    __slots__ = ("_bucket", "_client", "_now", "_splitter", "_telnet")

    def __init__(self, client: IClient, limit: int, now: Callable[[], float]) -> None:
        """
        @param client: sends the answers.
        @param limit: the most bytes in a line, without its terminator.
        @param now: returns seconds on a monotonic clock.
        """
        self._client = client
        self._now = now
        self._bucket: TokenBucket | None = None
        self._telnet = TelnetStripper()
        self._splitter = LineSplitter(limit)

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Splitter.feed <twistchat.net.input.intake.Splitter.feed>}."""
        commands = data.count(IAC)
        if commands and not self._mayGiveCommands(commands):
            self._client.closing.turnAway("You sent too many telnet commands", "flood")
            return ()
        text = self._telnet.feed(data)
        self._answer()
        return self._splitter.feed(text)

    def hideInput(self, hidden: bool) -> bool:
        """See L{ICarrier.hideInput <twistchat.interfaces.carrier.ICarrier.hideInput>}."""
        if not self._telnet.negotiates:
            return False
        self._telnet.hideInput(hidden)
        self._answer()
        return True

    def finish(self) -> Sequence[Line]:
        """See L{Splitter.finish <twistchat.net.input.intake.Splitter.finish>}.  The last line needs no terminator."""
        return self._splitter.finish()

    def _answer(self) -> None:
        answer = self._telnet.takeAnswer()
        if answer:
            self._client.reply(answer)

    def _mayGiveCommands(self, count: int) -> bool:
        if self._bucket is None:
            self._bucket = TokenBucket(*COMMANDS, self._now())
        return not self._bucket.take(self._now(), count)

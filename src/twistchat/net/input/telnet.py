"""The codec of streams on which telnet clients may talk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twistchat.chat.limits import TokenBucket
from twistchat.interfaces.carrier import IClient
from twistchat.net.input.intake import Line
from twistchat.wire.lines import LineSplitter
from twistchat.wire.telnet import IAC, TelnetStripper

COMMANDS: Final = (1000.0, 50.0)
"""Telnet commands at once, and a second after that.  They bind exempt connections too: no client needs more."""


class TelnetCodec:
    """
    Takes telnet's commands out of a stream, answers them, and splits the rest into lines.

    A client that sends too many commands is turned away.
    """

    __slots__ = ("_bucket", "_client", "_now", "_splitter", "_telnet")

    def __init__(self, client: IClient, limit: int, now: Callable[[], float]) -> None:
        """
        @param client: where answers are sent.
        @param limit: how many bytes a line may have, its terminator left out.
        @param now: seconds on a clock that does not go back.
        """
        self._client = client
        self._now = now
        self._bucket: TokenBucket | None = None
        self._telnet = TelnetStripper()
        self._splitter = LineSplitter(limit)

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Codec.feed <twistchat.net.input.intake.Codec.feed>}."""
        commands = data.count(IAC)
        if commands and not self._mayGiveCommands(commands):
            self._client.turnAway("You sent too many telnet commands")
            return ()
        text = self._telnet.feed(data)
        answer = self._telnet.takeAnswer()
        if answer:
            self._client.reply(answer)
        return self._splitter.feed(text)

    def finish(self) -> Sequence[Line]:
        """See L{Codec.finish <twistchat.net.input.intake.Codec.finish>}.  A last line without a terminator counts."""
        return self._splitter.finish()

    def _mayGiveCommands(self, count: int) -> bool:
        if self._bucket is None:
            self._bucket = TokenBucket(*COMMANDS, self._now())
        return not self._bucket.take(self._now(), count)

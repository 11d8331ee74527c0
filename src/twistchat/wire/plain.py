"""
The dialect of the line protocol, for people with a terminal and for scripts.

An entry is one line; a text of several lines is one line for each.  C{docs/line-protocol.md} specifies the format.  A
text is C{[HH:MM] <nick> text}.  Every other event is a notice, which begins with C{* }.  The place follows the time if
the text is private, is for one rank only, or was said in a room other than the listener's current one:

    - C{[HH:MM] #room <nick> text}
    - C{[HH:MM] @nick <nick> text}
    - C{[HH:MM] @#room <nick> text}

The time has no date, so a notice with the date comes before the first entry of each day: L{dayNotice}.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from zope.interface import implementer

from twistchat.chat.model.events import (
    Announced,
    Entry,
    Event,
    Invited,
    Joined,
    Kicked,
    Killed,
    Kind,
    ModeChange,
    ModesSet,
    OperatorSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    Quit,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.modes.room import RANK_BY_LETTER
from twistchat.interfaces import IDialect
from twistchat.wire.text import printable


def notice(text: str) -> bytes:
    """A line with information: C{* text}."""
    return f"* {printable(text)}\n".encode()


def error(text: str) -> bytes:
    """A line that reports an error: C{! text}."""
    return f"! {printable(text)}\n".encode()


NEVER = 1 << 63
"""A time that does not come, in milliseconds since the epoch."""


def dayNotice(day: date) -> bytes:
    """The notice before the first line of a day: C{* --- Sunday, 29 November 2026}."""
    return notice(f"--- {day:%A}, {day.day} {day:%B %Y}")


class Clockface:
    """
    Converts between timestamps, in milliseconds since the epoch, and what people read and type in a time zone.

    @ivar zone: the time zone, or C{None} for the machine's own.
    @ivar midnight: the time from which on an entry that is rendered calls L{turn}.
    """

    __slots__ = ("_minute", "_newDay", "_shown", "midnight", "zone")

    def __init__(self, zone: tzinfo | None, newDay: Callable[[int], None] | None = None) -> None:
        """
        @param newDay: called with the time of an entry that is rendered, if no entry of its day was rendered before.
            It is not called for the first day.
        """
        self.zone = zone
        self.midnight = NEVER if newDay is None else 0
        self._newDay = newDay
        self._minute = -1
        self._shown = ""

    def show(self, time: int) -> str:
        """
        Format the hour and minute, C{HH:MM}.

        @param time: milliseconds since the epoch.
        """
        minute = time // 60_000
        if minute != self._minute:
            self._minute, self._shown = minute, self._local(time).strftime("%H:%M")
        return self._shown

    def day(self, time: int) -> str:
        """Format the date, C{YYYY-MM-DD}."""
        return self.dateOf(time).isoformat()

    def dateOf(self, time: int) -> date:
        """The date of a time."""
        return self._local(time).date()

    def at(self, day: date, hour: int = 0, minute: int = 0) -> int:
        """
        The time at which a clock in this zone shows an hour and a minute.

        @raise OverflowError: the day is too far away.
        @raise ValueError: the hour or the minute does not exist, or the day is too far away.
        """
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
        return int(local.timestamp()) * 1000

    def turn(self, time: int) -> None:
        """Note that an entry of a later day than before is rendered.  C{newDay} is told, except of the first day."""
        first, self.midnight = not self.midnight, self.at(self.dateOf(time) + timedelta(1))
        if self._newDay is not None and not first:
            self._newDay(time)

    def _local(self, time: int) -> datetime:
        return datetime.fromtimestamp(time // 1000, UTC).astimezone(self.zone)


@implementer(IDialect)
class PlainDialect:
    """
    Renders entries for the line protocol.

    A server has two of these dialects: one for the listener's current room, which omits the room's name, and one for
    everything else.
    """

    __slots__ = ("_clock", "_current", "_writers")

    def __init__(self, clock: Clockface, current: bool) -> None:
        """
        @param clock: formats the time of a text.
        @param current: whether to omit the room's name from the texts said in it.
        """
        self._clock = clock
        self._current = current
        self._writers: dict[type[Event], Callable[[Any], str]] = {
            Joined: _joined,
            Parted: _parted,
            Quit: _quit,
            Kicked: _kicked,
            Renamed: _renamed,
            TopicSet: _topicSet,
            ModesSet: _modesSet,
            Invited: _invited,
            RoomRenamed: _roomRenamed,
            RoomMessageRedacted: _roomMessageRedacted,
            PrivateMessageRedacted: _privateMessageRedacted,
            Killed: _killed,
            Announced: _announced,
            OperatorSet: _operatorSet,
        }

    def render(self, entry: Entry) -> bytes:
        """
        See L{IDialect.render}.

        This protocol shows no arrival at the server, away status, host, realname or account, no tags without a text,
        and no server ban.
        """
        event = entry.event
        if entry.time >= self._clock.midnight:
            self._clock.turn(entry.time)
        if type(event) is RoomMessage:
            place = "" if self._current and not event.rank else f"{_prefix(event.rank)}{event.room} "
            return self._text(entry.time, place, event.source.nick, event.text, event.kind)
        if type(event) is PrivateMessage:
            return self._text(entry.time, f"@{event.recipient.nick} ", event.source.nick, event.text, event.kind)
        writer = self._writers.get(type(event))
        return b"" if writer is None else notice(writer(event))

    def _text(self, time: int, place: str, nick: str, text: str, kind: Kind) -> bytes:
        if kind == "message":
            who = f"<{nick}>"
        elif kind == "action":
            who = f"* {nick}"
        else:
            who = f"-{nick}-"
        head = f"[{self._clock.show(time)}] {printable(place + who)} "
        lines = text.split("\n") if "\n" in text else (text,)
        return "".join([f"{head}{printable(line)}\n" for line in lines if line]).encode()


@implementer(IDialect)
class Silence:
    """Renders nothing, for events that the line protocol does not show."""

    __slots__ = ()

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        return b""


def _prefix(rank: str) -> str:
    """The prefix of a room's name in a text to one rank; empty for a text to everyone."""
    return RANK_BY_LETTER[rank].prefix if rank in RANK_BY_LETTER else ""


def because(reason: str) -> str:
    """The suffix of a notice with a reason: C{ (reason)}, or nothing if there is none."""
    return f" ({reason})" if reason else ""


def writeModes(changes: tuple[ModeChange, ...]) -> str:
    """
    Write a mode string and its parameters: C{+o-m bob}.

    A key is written as C{*}, because it would stay in the history: C{+k *}.
    """
    letters, parameters, sign = "", "", ""
    for change in changes:
        wanted = "+" if change.adding else "-"
        letters += change.letter if wanted == sign else wanted + change.letter
        sign = wanted
        if change.parameter is not None:
            parameters += " *" if change.letter == "k" else f" {change.parameter}"
    return letters + parameters


def _who(event: Event) -> str:
    """The author of an event that the server may cause, at the start of a sentence."""
    return event.source.nick or "The server"


def _joined(event: Joined) -> str:
    return f"{event.source.nick} joined {event.room}"


def _parted(event: Parted) -> str:
    return f"{event.source.nick} left {event.room}{because(event.reason)}"


def _quit(event: Quit) -> str:
    return f"{event.source.nick} quit{because(event.reason)}"


def _kicked(event: Kicked) -> str:
    return f"{_who(event)} kicked {event.kicked.nick} from {event.room}{because(event.reason)}"


def _renamed(event: Renamed) -> str:
    return f"{event.source.nick} is now {event.nick}"


def _topicSet(event: TopicSet) -> str:
    if not event.topic:
        return f"{event.source.nick} cleared the topic of {event.room}"
    return f"{event.source.nick} set the topic of {event.room} to: {event.topic}"


def _modesSet(event: ModesSet) -> str:
    return f"{_who(event)} set {writeModes(event.changes)} on {event.room}"


def _invited(event: Invited) -> str:
    return f"{event.source.nick} invited {event.invitee.nick} to {event.room}"


def _roomRenamed(event: RoomRenamed) -> str:
    return f"{event.source.nick} renamed {event.room} to {event.name}{because(event.reason)}"


def _roomMessageRedacted(event: RoomMessageRedacted) -> str:
    return f"{event.source.nick} took back a text in {_prefix(event.rank)}{event.room}{because(event.reason)}"


def _privateMessageRedacted(event: PrivateMessageRedacted) -> str:
    return f"{event.source.nick} took back a text to {event.recipient.nick}{because(event.reason)}"


def _killed(event: Killed) -> str:
    reason = f": {event.reason}" if event.reason else ""
    return f"{event.killed.nick} quit (killed by {event.source.shown}{reason})"


def _announced(event: Announced) -> str:
    return f"{_who(event)} announced: {event.text}"


def _operatorSet(event: OperatorSet) -> str:
    if event.title is None:
        return f"{event.source.nick} is no operator of the server any more"
    return f"{event.source.nick} is an operator of the server: {event.title}"

"""The protocol of one client at the line door: it registers with a name, and then sends texts and commands."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError, TooFast
from twistchat.chat.fanout.audience import ASIDE
from twistchat.chat.model.events import Entry, Event, RoomRenamed, SessionMoved, Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.phrasing import counted
from twistchat.config.limits import Limits
from twistchat.interfaces import IDialect
from twistchat.net.client.factory import ClientFactory
from twistchat.net.client.inbox import showInboxLater
from twistchat.net.client.language import Deadline
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.context import ServerContext
from twistchat.net.limits.rates import REFUSALS
from twistchat.protocols.line.commands import ALIASES, COMMANDS, find, talk
from twistchat.protocols.line.commands.table import UNKNOWN, Command, Outcome, UsageError
from twistchat.protocols.line.inbox import showInbox
from twistchat.protocols.line.prompts import Prompt, answerPrompt, repeatPrompt
from twistchat.protocols.line.registration import executeUnregistered
from twistchat.protocols.line.rooms import showWhere
from twistchat.protocols.line.settings import lineSettings
from twistchat.protocols.line.unread import showNews
from twistchat.protocols.line.wording import formatDuration, wordError
from twistchat.wire.lines import Line, Overlong
from twistchat.wire.plain import error, notice

if TYPE_CHECKING:
    from datetime import date

    from twistchat.chat.model.spans import Point
    from twistchat.protocols.line.factory import Dialects
    from twistchat.protocols.line.filters import Filters
    from twistchat.protocols.line.history import Page

QUOTED = 40
"""The most characters of a line that an error repeats."""

TYPED_AHEAD = 1.0
"""The seconds within which a line was sent without knowing the answer to the one before."""

MARKED = 60.0
"""The least number of seconds between two read markers of a client in one conversation, unless the client leaves."""

MOST_MARKED = 200
"""The maximum number of conversations whose last read marker is remembered for that."""

log = Logger()


class UnreadError(UsageError):
    """A line was refused without reading it."""


class LineProtocol(ClientProtocol):
    """
    One client at the line door.

    @ivar current: the folded name of the room that gets the client's texts; C{""} if there is none.
    @ivar entering: the folded name of the room that the client is joining as its current room; C{""} otherwise.
    @ivar dialects: the dialects for replies.
    @ivar framedDialects: the dialects for deliveries, in the carrier's framing.
    @ivar prompt: the question that the next lines answer until one is accepted; C{None} if there is none.
    @ivar asking: the number of waiting and running lines after which there may be a prompt.  They take effect one by
        one, and no error repeats them.
    @ivar accepted: the last accepted answer to a prompt, while lines wait that came before the client could know.
    @ivar guarded: until when the next line may be the answer to a question that was refused, in seconds on the clock.
    @ivar unverified: the account that the client has registered and must verify; C{""} if there is none.
    @ivar marked: when the client may mark a conversation as read again by speaking in it, in seconds on the clock, by
        the folded name of the room or account.
    @ivar page: the last page of a conversation that was shown, from which C{/history} goes on; C{None} before that.
    @ivar day: the day of the last date that was shown before a line of that day; C{None} before that.
    @ivar lastSearch: the last search as it was typed, its filters, and the point before which it continues; C{None}
        before that.
    """

    __slots__ = (
        "accepted",
        "asking",
        "current",
        "day",
        "dialects",
        "entering",
        "framedDialects",
        "guarded",
        "lastSearch",
        "marked",
        "page",
        "prompt",
        "unverified",
    )

    def __init__(self, context: ServerContext, factory: ClientFactory, dialects: Dialects) -> None:
        super().__init__(context, factory)
        self.current = self.entering = self.unverified = self.accepted = ""
        self.asking = 0
        self.guarded = 0.0
        self.prompt: Prompt | None = None
        self.lastSearch: tuple[str, Filters, Point] | None = None
        self.marked: dict[str, float] = {}
        self.page: Page | None = None
        self.day: date | None = None
        self.dialects = dialects

    # For the commands

    def currentRoom(self) -> Room:
        """
        Get the room that gets the client's texts.

        @raise UsageError: there is none.
        """
        user = self.openSession.user
        room = None if user is None else user.rooms.get(self.current)
        if room is None:
            where = f"You are not in {self.current} any more" if self.current else "You are in no room"
            raise UsageError(f"{where}.  /join #ROOM first, or /msg NICK TEXT")
        return room

    def setCurrent(self, room: str) -> None:
        """
        Change the current room.  The texts of the current room are shown without its name.

        The client's dialect changes for both rooms, except for a room that it is L{entering}.

        @param room: the folded name.
        """
        before, self.current = self.current, room
        user = self.openSession.user
        for name in {before, room} - {self.entering}:
            if user is not None and name in user.rooms:
                user.rooms[name].audience.add(self.openSession)

    def chooseCurrent(self) -> None:
        """
        If the client has left its current room, make the room that it joined last the current one, and tell the client.
        """
        user = self.openSession.user
        if user is None or self.current in user.rooms:
            return
        if user.rooms:
            self.setCurrent(next(reversed(user.rooms)))
            self.reply(notice(f"You are talking in {self.currentRoom().name}"))
        elif self.current:
            self.current = ""
            self.reply(notice("You are in no room; /join #ROOM to talk"))

    @contextmanager
    def holdDeliveries(self) -> Iterator[None]:
        """Hold back deliveries within this context, so that the result of a pending read is sent before them."""
        if self.session is not None:
            self.context.chat.state.broadcast.flushTo(self.session)
        self.outbox.holdDeliveries()
        try:
            yield
        finally:
            self.outbox.releaseDeliveries()

    def markShown(self, target: str) -> None:
        """
        Mark a conversation as read, because the client speaks in it.  Each is marked at most once a minute.

        @param target: the folded name of a room, or of the account on the other side.
        """
        now = self.context.clock.seconds()
        if now >= self.marked.get(target, now):
            if len(self.marked) >= MOST_MARKED:
                self.marked.clear()
            self.marked[target] = now + MARKED
            self.context.chat.markers.markShown(self.openSession, int(self.context.wall() * 1000), target)

    def guard(self) -> None:
        """
        Do not execute the next line if it comes at once: its sender cannot know yet that the server does not ask for
        the password.
        """
        self.guarded = self.context.clock.seconds() + TYPED_AHEAD

    def showDay(self, day: date, data: bytes) -> None:
        """
        Show the date, because a delivery is the first line of a day.

        @param data: L{dayNotice}.
        """
        if self.entrance.registered and not self.ending:
            self.day = day
            self.outbox.deliver(self.carrier.framing.frame(data))

    # Language and outlet

    def begin(self) -> None:
        """See L{Language.begin}."""
        self.framedDialects = self.dialects.over(self.carrier.framing)
        settings = self.context.settings
        for line in lineSettings(settings).motd.splitlines():
            self.reply(notice(line))
        self.reply(notice(f"This is {settings.server.name}.  Type the name you want to have here"))

    def deadline(self, limits: Limits) -> Deadline:
        """See L{Language.deadline}.  People need more time to choose a name than programs."""
        seconds = limits.lineRegistration
        time = formatDuration(seconds)
        why = f"The time to choose a name ({time}) is over.  You are welcome to connect again and choose one."
        return Deadline(seconds, why)

    def tooManyLines(self, limit: int) -> str:
        """See L{Language.tooManyLines}."""
        return (
            f"You sent {counted(limit, 'line')} and none was a name to come in with.  Connect again, and type a name."
        )

    def farewell(self, reason: str, fault: bool) -> bytes:
        """See L{Language.farewell}."""
        return error(reason) if fault else notice(reason)

    def refused(self, event: Event | None, failure: Failure) -> None:
        """See L{Language.refused}."""
        if isinstance(failure.value, ChatError):
            self.context.refusals.noteError(self.address, failure.value)
            why = wordError(failure.value)
        elif isinstance(failure.value, UsageError):
            why = str(failure.value)
        else:
            log.failure("A command of the line door failed", failure)
            why = "That failed inside the server, which has logged why.  Tell its administrator."
        if event is None:
            self._replyError(why)
        else:
            self.reply(error(why))

    def _replyError(self, why: str) -> None:
        """Tell the client why a line is refused.  If it is the answer to a prompt, ask again."""
        if self.prompt is None:
            self.reply(error(why))
        else:
            repeatPrompt(self, self.prompt, why)

    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        if place in ASIDE:
            return self.framedDialects.none
        return (
            self.framedDialects.current
            if place and place in (self.current, self.entering)
            else self.framedDialects.other
        )

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.roomRenamed}.  A renamed room stays the current room."""
        if self.current == old and isinstance(entry.event, RoomRenamed):
            self.current = fold(entry.event.name)

    def attached(self, entry: Entry, before: Source, left: Sequence[str]) -> None:
        """See L{IOutlet.attached}."""
        assert isinstance(entry.event, SessionMoved)
        showWhere(self, f"You are {entry.event.user.nick} now")
        Deferred.fromCoroutine(showNews(self)).addErrback(self._refused)

    def roomEntered(self, room: str) -> None:
        """See L{IOutlet.roomEntered}."""
        if fold(room) == self.entering:
            return
        user = self.openSession.user
        if user is not None and self.current not in user.rooms:
            self.setCurrent(fold(room))
        self.reply(notice(f"You are in {room} now, from another session"))

    @property
    def shownIsRead(self) -> bool:
        """See L{Language.shownIsRead}.  People at this door read what they are shown."""
        return True

    def inboxWaiting(self) -> None:
        """See L{IOutlet.inboxWaiting}."""
        showInboxLater(self, partial(showInbox, self), lambda error: self.refused(None, Failure(error)))

    def nickClaimed(self, nick: str, seconds: float) -> None:
        """See L{IOutlet.nickClaimed}."""
        time = formatDuration(seconds)
        self.reply(notice(f"The name {nick} belongs to an account.  /login within {time}, or you get another name"))

    # Input

    def lineReceived(self, line: Line) -> float:
        """See L{Language.lineReceived}.  A line over the rate limit is refused, so no line has to wait."""
        private = self.prompt is not None or self.asking > 0 or (self.guarded > 0 and self._isGuarded())
        if isinstance(line, bytes) and not line.strip() and not private:
            self._countBlank()
            return 0.0
        if not self.entrance.registered and self.entrance.speaksHttp(line):
            return 0.0
        size = 0 if isinstance(line, Overlong) else len(line)
        try:
            text = self._read(line, private)
        except UsageError as bad:
            self.pipeline.submit(partial(self._refuse, bad), False, size)
            return 0.0
        command = _commandOf(text)
        if private or (command is not None and command.asks is not None):
            self.asking += 1
            self.pipeline.submit(partial(self._executePrivate, text), False, size)
        else:
            concurrent = self.entrance.registered and (command is None or command.concurrent)
            self.pipeline.submit(partial(self._execute, text), concurrent, size)
        return 0.0

    def _countBlank(self) -> None:
        """Count a blank line, and disconnect a client that sends too many."""
        if not self.entrance.registered:
            self.entrance.countLine()
        elif self.rates.minor():
            self.closing.turnAway("You sent too many blank lines", "flood")

    def _read(self, line: bytes | Overlong, private: bool) -> str:
        """
        Check and decode a line.

        @param private: whether the line may be a password, which no error repeats.
        @raise UnreadError: it comes too fast.
        @raise UsageError: it is refused.
        """
        limits = self.context.settings.limits
        wait = self.rates.line()
        if isinstance(line, Overlong):
            fits = f"it has {line.length} bytes, and {limits.message} fit"
            raise UsageError(f"That line is too long: {fits}.  {'Type it again' if private else 'Say it in parts'}.")
        try:
            text = line.decode()
        except UnicodeDecodeError as e:
            where = f"from its byte {e.start + 1} on" + ("" if private else f" ({line[e.start]:#04x})")
            advice = "Set your terminal to UTF-8; if you use telnet, start it as telnet -8."
            raise UsageError(f"That line is not UTF-8, {where}.  {advice}") from None
        if wait and not text.startswith(("/quit", "/exit")):
            self.context.refusals.noteError(self.address, TooFast("send lines", wait))
            if not self.rates.refusal():
                why = f"You sent more than {REFUSALS} lines too fast."
                self.closing.turnAway(f"{why}  Connect again and paste less at once.", "flood")
            if not private and _asksNext(text):
                return text  # asks, since the next line is a password, whatever the answer is
            raise UnreadError(
                f"Too fast: you may send {counted(limits.floodBurst, 'line')} at once,"
                f" then {limits.floodRate:g} a second.  Not taken: {self._quote(text, private)}"
                f"  Try again in {ceil(wait)} s."
            )
        return text

    def _quote(self, text: str, private: bool) -> str:
        """Quote the beginning of a line that is refused, without a password."""
        command = _commandOf(text)
        if private or not self.entrance.registered:
            return "your line."
        if command is UNKNOWN:
            return "your command."  # it may be a command for a password, mistyped
        if command is not None and command.asks is not None:
            return f'"/{command.name} …"'
        return f'"{text[:QUOTED]}…"' if len(text) > QUOTED else f'"{text}"'

    def _refuse(self, bad: UsageError) -> None:
        """Tell the client why a line is refused, when the earlier commands have taken effect."""
        if isinstance(bad, UnreadError) and not self.entrance.registered:
            self.guard()  # the line may be a nick whose password follows
        if not self.ending and (self.entrance.registered or self.entrance.countLine()):
            self._replyError(str(bad))

    def _execute(self, text: str) -> Deferred[Any] | None:
        """Execute a line."""
        # A node that is lost loses all its users at once, and closes their connections a few at a time.
        if self.ending or (self.session is not None and self.session.left is not None):
            return None
        outcome = self._run(text)
        return Deferred.fromCoroutine(outcome) if isinstance(outcome, Coroutine) else outcome

    def _executePrivate(self, text: str) -> Deferred[Any] | None:
        """
        Execute a line that may be a password, or the command before one.

        A password that was typed again before the server accepted it is dropped.
        """
        if self.prompt is None and self.accepted and text == self.accepted:
            self._answered(None)
            return None
        try:
            outcome = self._execute(text)
        except BaseException:
            self._answered(None)
            raise
        if outcome is None:
            self._answered(None)
            return None
        return outcome.addBoth(self._answered)

    def _answered(self, result: Any) -> Any:
        """Note that a line which L{asking} counts has taken effect, or was refused."""
        self.asking -= 1
        if not self.asking:
            self.accepted = ""
        return result

    def _isGuarded(self) -> bool:
        return self.guarded > 0.0 and self.context.clock.seconds() < self.guarded

    def _run(self, text: str) -> Outcome:
        if not (self.entrance.registered or self.entrance.countLine()):
            return None
        if self.prompt is not None:
            return answerPrompt(self, self.prompt, text)
        guarded, self.guarded = self._isGuarded(), 0.0
        if not text.strip():
            return None
        if guarded:
            raise UsageError("Not taken: your line, because it may be a password.  If it is none, send it again.")
        if _asksNext(text):
            self.guard()
        if not self.entrance.registered:
            return executeUnregistered(self, text)
        if text[0] != "/":
            return talk.say(self, text)
        if text.startswith("//"):
            return talk.say(self, text[1:])
        name, argument = _split(text)
        return find(name).execute(self, name, argument)


def _split(text: str) -> tuple[str, str]:
    """Split a command into its name and its argument."""
    name, _, argument = text[1:].partition(" ")
    return name.lower(), argument.strip()


def _commandOf(text: str) -> Command | None:
    """The command of a line; C{None} if the line is a message."""
    if not text.startswith("/") or text.startswith("//"):
        return None
    name, _ = _split(text)
    return COMMANDS.get(name) or ALIASES.get(name) or UNKNOWN


def _asksNext(text: str) -> bool:
    """Whether a line is a command that asks for a password, so that the line after it is one."""
    command = _commandOf(text)
    return command is not None and command.asks is not None and command.asks(_split(text)[1])

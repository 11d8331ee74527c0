"""The protocol of one IRC client: parses its lines, executes the commands, and encodes what it receives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError, NotEntered
from twistchat.chat.fanout.audience import NOTICES, WATCHED
from twistchat.chat.model.events import Entry, Event, RoomMessage, RoomRenamed, Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.users import User
from twistchat.config import Settings
from twistchat.interfaces import IDialect
from twistchat.net.client.factory import ClientFactory
from twistchat.net.client.inbox import showInboxLater
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.context import ServerContext
from twistchat.protocols.irc import fastpath
from twistchat.protocols.irc.attaching import introduceLater, showMove
from twistchat.protocols.irc.commands import COMMANDS
from twistchat.protocols.irc.commands.services import REDIRECTED, redirect
from twistchat.protocols.irc.commands.texts.batches import MULTILINE, TextBatch
from twistchat.protocols.irc.execution import execute, finish, replyTo
from twistchat.protocols.irc.fallbacks import RenameFallback
from twistchat.protocols.irc.history.joining import ASKING
from twistchat.protocols.irc.history.playback import Play
from twistchat.protocols.irc.holds import Hold
from twistchat.protocols.irc.inbox import refuseInbox, showInbox
from twistchat.protocols.irc.registration.authentication import Authentication
from twistchat.protocols.irc.registration.negotiation import NO_CAPABILITIES, Negotiation
from twistchat.protocols.irc.registration.offer import announce, offered
from twistchat.protocols.irc.registration.registration import Registration
from twistchat.protocols.irc.replies.markers import showMarker
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.protocols.irc.server import IrcServer
from twistchat.wire.framing import STREAM, Framing
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.capabilities import METADATA
from twistchat.wire.irc.message import (
    LINE_END,
    BadMessage,
    EmptyMessage,
    Message,
    NotUtf8,
    fit,
    measure,
    parse,
    room,
    serialize,
)
from twistchat.wire.irc.views import View
from twistchat.wire.lines import Line, Overlong

VIEWS = (View.ROOM, View.SELF, View.WATCHED, View.NOTICES)
PLACES = {"": 1, WATCHED: 2, NOTICES: 3}
"""The index of the view in L{VIEWS} for each place of an event.  All other places are rooms, which have index 0."""

_BATCHED = re.compile(rb"(?:@\S* +)?BATCH +(?P<sign>[+-])|@(?:\S*;)?batch=", re.IGNORECASE)
"""Matches a line that opens or closes a batch, or belongs to one."""

log = Logger()


class IrcConnection(ClientProtocol):
    """
    One IRC client.

    @ivar server: the server's name, which is the source of its messages.
    @ivar irc: what all connections of the door share.
    @ivar negotiation: the client's capabilities.
    @ivar authentication: the client's SASL exchange; C{None} before the first one, and after a successful one.
    @ivar registration: what the client has sent before it registered; C{None} after that.
    @ivar entered: the sequence number of the entry with which the session came to its user; 0 before that.
    @ivar play: the client's last request to play buffers; C{None} if there is none.
    @ivar joining: the folded name of the channel that the client is joining; C{""} otherwise.
    @ivar lastHold: the last of the holds on its deliveries that have not ended; C{None} if there is none.
    @ivar marking: the target of the read marker that the client is moving; C{""} otherwise.
    @ivar replies: the labelled replies that are not finished, by label.
    @ivar batch: the multiline batch that the client has opened; C{None} if there is none.
    """

    __slots__ = (
        "_batchLines",
        "_dialects",
        "authentication",
        "batch",
        "entered",
        "irc",
        "joining",
        "lastHold",
        "marking",
        "negotiation",
        "play",
        "registration",
        "replies",
        "server",
    )

    pings = True

    registration: Registration | None

    def __init__(self, context: ServerContext, factory: ClientFactory, irc: IrcServer) -> None:
        super().__init__(context, factory)
        self.authentication: Authentication | None = None
        self.batch: TextBatch | None = None
        self.joining = self.marking = ""
        self.play: Play | None = None
        self.entered = 0
        self.lastHold: Hold | None = None
        self._batchLines = 0
        self.irc = irc
        self.server = irc.name
        self.registration = Registration(self)
        self.replies: dict[str, Reply] = {}

    # For the commands

    @property
    def settings(self) -> Settings:
        """The current settings of the server."""
        return self.context.settings

    @property
    def user(self) -> User:
        """
        The client's user.  The client must have registered.

        @raise NotEntered: the client has lost its user, because its node is lost, and will be disconnected soon.
        """
        user = self.openSession.user
        if user is None:
            raise NotEntered
        return user

    @property
    def nick(self) -> str:
        """The client's nick for numerics: C{*} before registration."""
        if self.session is not None and self.session.user is not None:
            return self.session.user.nick
        return "*"

    @property
    def capabilities(self) -> frozenset[str]:
        """The enabled capabilities whose requirements are met."""
        return self.negotiation.effective

    def updateDialects(self, before: frozenset[str] = NO_CAPABILITIES) -> None:
        """
        Use the dialects of the client's current capabilities from now on.

        @param before: the capabilities that were in effect before.  A client that loses its capability for metadata
            loses its subscriptions, also if it gets the other one instead (metadata, "Capability").
        """
        of, enabled, framing = self.irc.dialects.of, self.negotiation.enabled, self.carrier.framing
        self._dialects = tuple([of(enabled, view, framing) for view in VIEWS])
        session = self.openSession
        self.context.chat.speaking.setEcho(session, "echo-message" in enabled)
        if session.subscribed and not METADATA.isdisjoint(before - self.capabilities):
            self.context.chat.metadata.unsubscribeAll(session)
        self.context.chat.state.broadcast.regroup(session)

    def render(self, place: str, entry: Entry) -> bytes:
        """Encode an entry from a place for this client, as lines that can be added to a reply."""
        framing: Framing = self.carrier.framing
        return framing.unframe(self.dialectFor(place).render(entry), LINE_END)

    def flushEntries(self) -> None:
        """Deliver the entries that wait for this client."""
        self.context.chat.state.broadcast.flushTo(self.openSession)

    def nextReference(self) -> str:
        """Make the reference tag of a new batch."""
        return f"s{next(self.irc.references)}"

    def holdDeliveries(self) -> Hold:
        """Hold back deliveries from now on, until the hold that this returns has ended."""
        return Hold(self)

    def sendPostponed(self, reply: Reply) -> None:
        """Send a reply that was postponed."""
        reply.postponed = False
        finish(self, reply)

    # Language and outlet

    def begin(self) -> None:
        """See L{Language.begin}.  An IRC server sends nothing before the client's first command."""
        self.negotiation = Negotiation(offered(self))
        self.updateDialects()

    def encrypted(self) -> None:
        """See L{Language.encrypted}.  With a certificate, the client is offered EXTERNAL."""
        announce(self)

    def farewell(self, reason: str, fault: bool) -> bytes:
        """See L{Language.farewell}."""
        host = self.context.cloak(self.address)
        why = fit(" ".join(reason.split()), room("ERROR", ("Closing", "Link:", host)) - len("()"))
        return serialize("ERROR", (f"Closing Link: {host} ({why})",))

    def refused(self, event: Event | None, failure: Failure) -> None:
        """See L{Language.refused}.  Commands reply to their errors, so any other failure is a fault of the server."""
        if isinstance(event, RoomMessage) and isinstance(failure.value, ChatError):
            reply = Reply(self, "PRIVMSG")
            reply.error(failure.value, event.room)
            reply.finish()
        else:
            log.failure("A command of the IRC door failed", failure)
            why = "That failed inside the server, which has logged why"
            self.reply(serialize("FAIL", ("*", "INTERNAL_ERROR", why)))

    def idle(self) -> None:
        """See L{Language.idle}."""
        self.reply(serialize("PING", (self.server,), self.server))

    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        return self._dialects[PLACES.get(place, 0)]

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}."""
        reply = self.replies.get(label)
        if reply is None:
            return data
        framing: Framing = self.carrier.framing
        if framing is STREAM:
            return reply.addEvent(data)
        return framing.frame(reply.addEvent(framing.unframe(data, LINE_END)))

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:
        """
        See L{IOutlet.roomRenamed}.

        Clients with RENAME have received it, and a change of case needs no fallback.  If this client asked for the
        rename, the lines become a part of its reply, and the command adds the names.
        """
        event = entry.event
        assert isinstance(event, RoomRenamed)
        new = fold(event.name)
        if "draft/channel-rename" in self.capabilities or new == old:
            return
        fallback, reply = RenameFallback(self, entry, new), None if label is None else self.replies.get(label)
        if reply is None:
            self.irc.renames.add(fallback)
        else:
            reply.holdDeliveries()
            reply.lines(fallback.render())
            reply.enteredRoom = new

    def hostChanged(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.hostChanged}."""
        if "chghost" not in self.capabilities:
            self.deliver(self.irc.hosts.render(self, entry, before))

    def attached(self, entry: Entry, before: Source, left: Sequence[str]) -> None:
        """See L{IOutlet.attached}."""
        showMove(self, entry, before, left)

    def roomEntered(self, room: str) -> None:
        """See L{IOutlet.roomEntered}."""
        if fold(room) != self.joining:
            introduceLater(self, [self.user.rooms[fold(room)]])

    @property
    def shownIsRead(self) -> bool:
        """See L{Language.shownIsRead}.  Clients with the capability say themselves what was read."""
        return "draft/read-marker" not in self.capabilities

    def markerMoved(self, target: str, time: int) -> None:
        """See L{IOutlet.markerMoved}."""
        if "draft/read-marker" in self.capabilities and fold(target) != fold(self.marking):
            self.reply(serialize("MARKREAD", (target, showMarker(time)), self.server))

    def inboxWaiting(self) -> None:
        """
        See L{IOutlet.inboxWaiting}.

        Clients that ask for history find the texts there (IRCv3 chathistory, "Implementation").
        """
        if not ASKING.isdisjoint(self.capabilities):
            return
        showInboxLater(self, partial(showInbox, self), partial(refuseInbox, self))

    def nickClaimed(self, nick: str, seconds: float) -> None:
        """See L{IOutlet.nickClaimed}."""
        text = f"The nick {nick} belongs to an account.  Log in within {ceil(seconds)} s, or you are renamed"
        self.reply(serialize("NOTICE", (self.nick, text), self.server))

    def connectionLost(self, reason: Any = None) -> None:
        """See L{ClientProtocol.connectionLost}."""
        if self.batch is not None:
            self.batch.cancelDeadline()
            self.batch = None
        super().connectionLost(reason)

    # Input

    def lineReceived(self, line: Line) -> float:
        """See L{Language.lineReceived}.  A line over the rate limit waits, and the kernel holds back the rest."""
        if self.entrance.registered and not self.rates.exempt:
            wait = self._count(line)
            if wait:
                return wait
        if isinstance(line, bytes) and line[:9] == fastpath.PREFIX and self.registration is None and self.batch is None:
            said = fastpath.read(line, self.context.settings.limits.ircLine)
            if said is not None:
                if not self.pipeline.open:
                    self.pipeline.submit(partial(fastpath.sayLater, self, *said), True, len(line))
                    return 0.0
                if fastpath.say(self, *said):
                    return 0.0
        self._submit(line)
        return 0.0

    def _count(self, line: Line) -> float:
        """
        Count a line against its rate limit.

        A batch counts as one line, up to the most lines that a batch may have.  A line that is not allowed in a batch
        ends this.

        @return: C{0.0}, or the seconds to wait.
        """
        user = self.openSession.user
        if user is None or user.may("exempt"):
            return 0.0
        if isinstance(line, bytes):
            word = line[:5].rstrip().upper()
            if word == b"PONG" or not word:
                return self.rates.minor()
            batched = _BATCHED.match(line) if line[:1] in b"@Bb" and MULTILINE in self.capabilities else None
            if batched is not None and batched["sign"] == b"+":
                wait = self.rates.line()
                self._batchLines = 0 if wait else self.settings.limits.lines + 1
                return wait
            if batched is not None and self._batchLines:
                self._batchLines = 0 if batched["sign"] else self._batchLines - 1
                return 0.0
            if word == b"PING":
                return self.rates.line()
        self._batchLines = 0
        return self.rates.line()

    def _submit(self, line: Line) -> None:
        """Submit a line to the pipeline, which executes it in order."""
        limits = self.settings.limits
        if self.registration is not None and not self._isRegistering(line):
            return
        if isinstance(line, Overlong):
            self.pipeline.submit(self._refuseLength, False, line.length)
            return
        if len(line) > limits.ircLine - 2:
            tags, rest = measure(line)
            if tags > limits.ircTags or rest > limits.ircLine:
                self.pipeline.submit(self._refuseLength, False, len(line))
                return
        try:
            message = parse(line)
        except EmptyMessage:
            return
        except BadMessage as bad:
            self.pipeline.submit(partial(self._refuseMessage, bad), False, len(line))
            return
        command = COMMANDS.get(message.command)
        concurrent = command is not None and command.concurrent
        if command is not None and concurrent and message.params and message.params[0][:1] in REDIRECTED:
            command = redirect(self, message, command)
            concurrent = command.concurrent
        self.pipeline.submit(partial(execute, self, message, command), concurrent, len(line))

    def _isRegistering(self, line: Line) -> bool:
        """
        Check a line of an unregistered client.

        @return: whether to execute the line; false if it is blank or HTTP.
        """
        assert self.registration is not None
        if isinstance(line, bytes) and not line.strip():
            self.entrance.countLine(blank=True)
            return False
        return not self.entrance.speaksHttp(line)

    def _refuseLength(self) -> None:
        """Reply to a line that is too long."""
        if not self.ending and (self.registration is None or self.entrance.countLine()):
            reply = Reply(self, "*")
            reply.numeric(n.ERR_INPUTTOOLONG, "Input line was too long")
            reply.finish()

    def _refuseMessage(self, bad: BadMessage) -> None:
        """Reply to a line that is not a valid message (IRCv3 utf8-only, if it is not UTF-8)."""
        if self.ending or (self.registration is not None and not self.entrance.countLine()):
            return
        reply = replyTo(self, bad.command or "*", bad.label)
        reply.fail("INVALID_UTF8" if isinstance(bad, NotUtf8) else "INVALID_MESSAGE", f"Message rejected, it {bad.why}")
        finish(self, reply)

    # Commands

    def execute(self, message: Message) -> Deferred[Any] | None:
        """Execute a message, as a L{Work <twistchat.net.input.pipeline.Work>}."""
        return execute(self, message, COMMANDS.get(message.command))

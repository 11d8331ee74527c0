"""
Shows a client the private texts that waited for its account, and records that they were shown, once they were.

No protocol confirms that texts have arrived.  So they count as shown if the client is still there some time after they
were sent, or has sent something after them before it leaves.  Otherwise they are shown again at the next login.  What
counts as shown also counts as read, unless the client can say what was read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.names import fold
from twistchat.net.input.pace import Gone

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.chat.model.spans import Kept
    from twistchat.chat.rules.users.inbox import Waiting
    from twistchat.net.client.protocol import ClientProtocol

SHOWN_AFTER: Final = 5.0
"""Seconds after which a client that is still there has received what was sent to it."""

Show: TypeAlias = "Callable[[Sequence[Kept]], Awaitable[None]]"
"""Sends texts, some of which may be damaged, to the client.  It may raise L{Gone}."""


class Showing:
    """
    Texts that waited and are shown to one client.

    @ivar waiting: the texts.
    """

    __slots__ = ("_client", "_read", "_sent", "waiting")

    def __init__(self, client: ClientProtocol, waiting: Waiting) -> None:
        self._client = client
        self._sent: float | None = None
        self._read: dict[str, int] = {}  # the time of the last text of each sender
        self.waiting = waiting

    async def run(self, show: Show, refuse: Callable[[ChatError], None]) -> None:
        """
        Show the texts, and record it when the client has had time to receive them.

        @param refuse: called if the texts cannot be read.
        @raise Gone: the client disconnected.  What it has not received still waits.
        """
        client = self._client
        try:
            kept = await client.context.chat.inbox.read(self.waiting)
        except ChatError as error:
            self._forget()
            self._check()
            refuse(error)
            return
        self._check()
        await show(kept)
        self._read = self._lastOf(kept)
        await client.context.portions.wait()
        while client.outbox.sendable and not client.ending:
            await deferLater(client.context.clock, SHOWN_AFTER)
        self._check()
        self._sent = client.context.clock.seconds()
        await deferLater(client.context.clock, SHOWN_AFTER)
        self._check()
        self._record()

    def leaving(self) -> None:
        """The client leaves.  The texts count as shown if it has sent something after it could receive them."""
        if self._sent is not None and self._client.carrier.heard > self._sent:
            self._record()

    def _check(self) -> None:
        """
        Check that the client is still there.

        @raise Gone: it is not.
        """
        session = self._client.session
        if self._client.ending or session is None or session.user is None:
            raise Gone

    def _lastOf(self, kept: Sequence[Kept]) -> dict[str, int]:
        """The time of the last text that was shown, by the folded account of its sender."""
        session = self._client.openSession
        return {
            fold(entry.event.source.account or ""): entry.time
            for entry in kept
            if isinstance(entry, Entry) and not isIgnored(session, entry.event)
        }

    def _record(self) -> None:
        session = self._client.session
        user = None if session is None else session.user
        if session is not None and user is not None and user.source.account == self.waiting.account:
            if self._client.shownIsRead:
                for sender, time in self._read.items():
                    self._client.context.chat.markers.markShown(session, time, sender, time)
        recorded = self._client.context.chat.inbox.mark(self.waiting)
        if recorded is None:
            self._forget()
        else:
            recorded.addErrback(_shownAgain).addCallback(self._forget)

    def _forget(self, _: object = None) -> None:
        if self._client.showing is self:
            self._client.showing = None


def showInboxLater(client: ClientProtocol, show: Show, refuse: Callable[[ChatError], None]) -> None:
    """
    Show the texts that wait in a later turn, behind the reply to the login.

    A protocol calls this when it is told of them (see L{IOutlet.inboxWaiting
    <twistchat.interfaces.IOutlet.inboxWaiting>}).

    @param show: see L{Show}.
    @param refuse: called if the texts cannot be read.
    """

    def failed(failure: Failure) -> None:
        if not failure.check(Gone):
            client.refused(None, failure)

    Deferred.fromCoroutine(_show(client, show, refuse)).addErrback(failed)


async def _show(client: ClientProtocol, show: Show, refuse: Callable[[ChatError], None]) -> None:
    await client.context.portions.wait()
    session = client.session
    if session is None or client.ending:
        return
    shown = None if client.showing is None else client.showing.waiting
    waiting = client.context.chat.inbox.waiting(session, shown)
    if waiting is not None:
        client.showing = Showing(client, waiting)
        await client.showing.run(show, refuse)


def _shownAgain(failure: Failure) -> None:
    """Ignore that the record was refused: the texts still wait, and are shown again."""
    failure.trap(ChatError)

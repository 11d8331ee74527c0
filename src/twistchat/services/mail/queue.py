"""A queue of mails: it sends one at a time, tries again, and gives up in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import Overloaded
from twistchat.chat.phrasing import counted
from twistchat.config.settings import MailSettings
from twistchat.interfaces import IMailer
from twistchat.services.mail.message import compose

log = Logger()

QUEUE = 100
"""The maximum number of mails that wait, including the one that is being sent."""

FIRST_PAUSE = 30.0
"""Seconds before the second attempt.  Each later pause is twice as long as the one before."""

LONGEST_PAUSE = 1800.0
"""The maximum pause in seconds."""

GIVE_UP = 6 * 3600.0
"""Seconds after which the queue gives up a mail.  The codes in the mails are valid for a day."""


class NotDelivered(Exception):
    """
    The mail server did not take a mail.

    @ivar why: the reason in one line, without the content of the mail.
    @ivar final: whether the server will never take this mail.
    @ivar server: whether the reason concerns all mails: the server cannot be reached, or takes none now.
    """

    def __init__(self, why: str, *, final: bool = False, server: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.final = final
        self.server = server


Deliver = Callable[[str, bytes], Deferred[None]]
"""
Gives a mail to the mail server.  The arguments are the recipient and the mail with CRLF between its lines.  The result
fails with L{NotDelivered}.  Cancelling it ends the connection.
"""


@dataclass(slots=True)
class _Waiting:
    """
    A mail in the queue.

    @ivar since: when it was queued.
    @ivar due: when it is tried next.
    @ivar attempts: how often it was tried.
    """

    recipient: str
    messageId: str
    message: bytes = field(repr=False)
    since: float
    due: float
    attempts: int = 0


@implementer(IMailer)
class MailQueue:
    """
    The mails that wait.

    A mail that the server postpones (greylisting, a full mailbox) waits alone.  If the server itself cannot be used,
    all mails wait.  The mail that failed then goes behind the others, so that no mail blocks the queue.
    """

    def __init__(
        self,
        settings: MailSettings,
        serverName: str,
        clock: IReactorTime,
        wall: Callable[[], float],
        ids: Callable[[], str],
        deliver: Deliver,
    ) -> None:
        """
        @param serverName: the name of this chat server.
        @param wall: returns the time in seconds since the epoch.
        @param ids: returns a new id at each call, for the Message-IDs.
        """
        self._sender = Address(settings.senderName or serverName, addr_spec=settings.sender)
        self._clock = clock
        self._wall = wall
        self._ids = ids
        self._deliver = deliver
        self._mails: list[_Waiting] = []
        self._sending: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._failures = 0
        self._pausedUntil = clock.seconds()
        self._isStopped = False

    @property
    def waiting(self) -> int:
        """See L{IMailer.waiting}."""
        return len(self._mails)

    def send(self, recipient: str, subject: str, text: str) -> None:
        """
        See L{IMailer.send}.

        @raise BadCredential: the recipient is not a usable mail address.
        @raise ValueError: the subject contains a line break.
        """
        if self._isStopped or len(self._mails) >= QUEUE:
            raise Overloaded("mails to send")
        messageId = f"<{self._ids()}@{self._sender.domain}>"
        message = compose(self._sender, recipient, subject, text, self._wall(), messageId)
        now = self._clock.seconds()
        self._mails.append(_Waiting(recipient, messageId, message, now, now))
        self._schedule()

    def stop(self) -> None:
        """See L{IMailer.stop}."""
        self._isStopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sending is not None:
            self._sending.cancel()
        if self._mails:
            log.warn("{mails} could not be sent before the server stopped", mails=counted(len(self._mails), "mail"))
            self._mails.clear()

    def _schedule(self) -> None:
        """Wait for the next mail that is due, unless one is being sent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sending is None and self._mails:
            due = max(min(mail.due for mail in self._mails), self._pausedUntil)
            self._timer = self._clock.callLater(max(0.0, due - self._clock.seconds()), self._attempt)

    def _attempt(self) -> None:
        """Try to send the mail that has been due for the longest time."""
        self._timer = None
        mail = min(self._mails, key=lambda each: each.due)
        mail.attempts += 1
        self._sending = sending = self._deliver(mail.recipient, mail.message)
        sending.addCallbacks(self._sent, self._notSent, (mail,), errbackArgs=(mail,))

    def _sent(self, _: None, mail: _Waiting) -> None:
        self._sending = None
        if not self._isStopped:
            self._mails.remove(mail)
            self._works()
            self._schedule()

    def _notSent(self, failure: Failure, mail: _Waiting) -> None:
        self._sending = None
        if self._isStopped:
            return
        error = failure.value
        if not isinstance(error, NotDelivered):
            log.failure("The mail {id} met an unexpected error", failure, id=mail.messageId)
            error = NotDelivered("an unexpected error", server=True)
        now = self._clock.seconds()
        if error.server:
            self._failures += 1
            if self._failures == 1:
                log.warn("Mails wait, because the mail server cannot be used: {why}", why=error.why)
            self._pausedUntil = mail.due = now + _pause(self._failures)
        else:
            self._works()
            mail.due = now + _pause(mail.attempts)
        for each in list(self._mails):
            if (each is mail and error.final) or now - each.since >= GIVE_UP:
                self._mails.remove(each)
                log.warn("The mail {id} was not sent: {why}", id=each.messageId, why=error.why)
        self._schedule()

    def _works(self) -> None:
        """The mail server has answered."""
        if self._failures:
            self._failures = 0
            log.info("The mail server can be used again")


def _pause(failures: int) -> float:
    """Return the seconds to wait after this number of failures in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)

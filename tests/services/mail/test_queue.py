"""Tests of L{twistchat.services.mail.queue}."""

from __future__ import annotations

from email import message_from_bytes
from itertools import count

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.chat.errors import BadCredential, Overloaded
from twistchat.config.settings import MailSettings
from twistchat.interfaces import IMailer
from twistchat.services.mail.queue import FIRST_PAUSE, GIVE_UP, LONGEST_PAUSE, QUEUE, MailQueue, NotDelivered

SETTINGS = MailSettings("smtp.example", sender="chat@example.org")

DOWN = NotDelivered("it is down", server=True)
LATER = NotDelivered("450 try later")
NEVER = NotDelivered("550 no such user", final=True)

SECRET = "code-471-1"


class QueueTests(SynchronousTestCase):
    """Mails are sent one at a time."""

    def setUp(self) -> None:
        """Make a queue whose deliveries the test completes."""
        self.clock = Clock()
        self.attempts: list[tuple[str, bytes, Deferred[None]]] = []
        self.cancelled = 0
        ids = count(1)
        self.queue = MailQueue(
            SETTINGS, "chat.example", self.clock, lambda: 1e9, lambda: f"id-{next(ids)}", self.deliver
        )
        context = capturedLogs()
        self.logged = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def deliver(self, recipient: str, message: bytes) -> Deferred[None]:
        """Record an attempt."""
        result: Deferred[None] = Deferred(self.cancel)
        self.attempts.append((recipient, message, result))
        return result

    def cancel(self, _: object) -> None:
        """Record that the queue cancelled an attempt."""
        self.cancelled += 1

    def send(self, *recipients: str) -> None:
        """Queue a mail for each recipient, and let the queue start."""
        for recipient in recipients:
            self.queue.send(f"{recipient}@example.com", "Hello", SECRET)
        self.clock.advance(0)

    def complete(self, error: Exception | None = None) -> str:
        """Complete the only attempt.  Returns its recipient's local part."""
        ((recipient, _, result),) = self.attempts
        self.attempts.clear()
        if error is None:
            result.callback(None)
        else:
            result.errback(error)
        self.clock.advance(0)
        return recipient.partition("@")[0]

    def lines(self) -> list[str]:
        """Return the lines of the log.  None contains the text of a mail."""
        lines = [formatEvent(event) for event in self.logged]
        self.assertNotIn(SECRET, repr(lines))
        return lines

    def test_interface(self) -> None:
        """The queue is a mailer."""
        verifyObject(IMailer, self.queue)

    def test_message(self) -> None:
        """The mail comes from the configured address, with the name of the server and a new Message-ID."""
        self.send("alice")
        ((recipient, message, _),) = self.attempts
        self.assertEqual("alice@example.com", recipient)
        read = message_from_bytes(message)
        self.assertEqual('"chat.example" <chat@example.org>', read["From"])
        self.assertEqual("<id-1@example.org>", read["Message-ID"])
        self.assertEqual("Hello", read["Subject"])

    def test_oneAtATime(self) -> None:
        """Mails are sent in order, each after the one before."""
        self.send("alice", "bob", "carol")
        self.assertEqual(["alice", "bob", "carol"], [self.complete() for _ in range(3)])
        self.assertEqual([], self.attempts)
        self.assertEqual([], self.lines())
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_never(self) -> None:
        """A mail that the server refuses is not tried again.  The log names it without its content."""
        self.send("alice", "bob")
        self.complete(NEVER)
        self.assertEqual("bob", self.complete())
        self.assertEqual(["The mail <id-1@example.org> was not sent: 550 no such user"], self.lines())
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_later(self) -> None:
        """A postponed mail waits alone, each time twice as long."""
        self.send("alice", "bob")
        self.complete(LATER)
        self.assertEqual("bob", self.complete())
        for pause in (FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE):
            self.clock.advance(pause - 0.1)
            self.assertEqual([], self.attempts)
            self.clock.advance(0.2)
            self.assertEqual("alice", self.complete(LATER))
        self.clock.advance(LONGEST_PAUSE)
        self.assertEqual("alice", self.complete())
        self.assertEqual([], self.lines())

    def test_down(self) -> None:
        """If the server cannot be used, all mails wait.  The log says so once, and when it is over."""
        self.send("alice", "bob")
        self.complete(DOWN)
        self.send("carol")
        self.assertEqual([], self.attempts)
        self.clock.advance(FIRST_PAUSE)
        self.assertEqual("bob", self.complete(DOWN))
        self.clock.advance(2 * FIRST_PAUSE)
        self.assertEqual("carol", self.complete())
        self.assertEqual(["alice", "bob"], [self.complete(), self.complete()])
        self.assertEqual(
            [
                "Mails wait, because the mail server cannot be used: it is down",
                "The mail server can be used again",
            ],
            self.lines(),
        )

    def test_giveUp(self) -> None:
        """After some hours the mails that wait are given up, also those that are not tried in that moment."""
        self.send("alice", "bob")
        tries = 0
        while self.attempts:
            tries += 1
            self.complete(DOWN)
            self.clock.advance(LONGEST_PAUSE)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertGreaterEqual(self.clock.seconds(), GIVE_UP)
        self.assertLess(tries, 20)
        lost = [f"The mail <id-{number}@example.org> was not sent: it is down" for number in (1, 2)]
        self.assertEqual(lost, self.lines()[1:])
        self.send("carol")
        self.clock.advance(LONGEST_PAUSE)
        self.assertEqual("carol", self.complete())

    def test_full(self) -> None:
        """A mail that does not fit into the queue is refused, and the others are sent."""
        self.send(*(f"user{number}" for number in range(QUEUE)))
        self.assertRaises(Overloaded, self.send, "late")
        self.complete()
        self.send("late")
        self.assertRaises(Overloaded, self.send, "later")

    def test_badAddress(self) -> None:
        """A mail that cannot be composed is refused at once, and takes no place."""
        self.assertRaises(BadCredential, self.queue.send, "alice@example.com\r\nBcc: x@example.com", "Hello", "Hi")
        self.assertRaises(ValueError, self.queue.send, "alice@example.com", "Hello\r\nBcc: x@example.com", "Hi")
        self.clock.advance(0)
        self.assertEqual([], self.attempts)

    def test_unexpected(self) -> None:
        """An error in the code is logged, and the mail is tried again."""
        self.send("alice")
        self.complete(ZeroDivisionError())
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.clock.advance(FIRST_PAUSE)
        self.complete()
        self.assertEqual([LogLevel.critical, LogLevel.warn, LogLevel.info], [each["log_level"] for each in self.logged])

    def test_stop(self) -> None:
        """Stopping cancels the attempt.  The log says how many mails are lost."""
        self.send("alice", "bob")
        self.queue.stop()
        self.assertEqual(1, self.cancelled)
        self.assertEqual(["2 mails could not be sent before the server stopped"], self.lines())
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertRaises(Overloaded, self.send, "carol")
        self.assertTrue(self.attempts[0][2].called)

    def test_stopWaiting(self) -> None:
        """Stopping between two attempts leaves no timer."""
        self.send("alice")
        self.complete(DOWN)
        self.queue.stop()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stopEmpty(self) -> None:
        """A queue that is empty stops without a word."""
        self.queue.stop()
        self.assertEqual([], self.lines())

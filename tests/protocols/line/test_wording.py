"""Tests of the wording of errors at the line door, and of refused lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import GOODBYE, STRANGER, limited
from twistchat.chat import errors
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, Event, RoomMessage
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import Around, Damaged, Kept, Span
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.memory import MemoryLog
from twistchat.protocols.line.wording import WORDINGS, formatDuration, wordError
from twistchat.testing import MemoryServer, inMemory

if TYPE_CHECKING:
    from twistchat.interfaces import Refused

SAMPLES = (
    errors.NotEntered(),
    errors.BadMetadataKey("A", "may have only the characters a to z"),
    errors.BadMetadataValue("color", "must be a colour such as #4080ff"),
    errors.MetadataForbidden("bob", "color"),
    errors.SearchTooBroad(),
    errors.BadNick("7up", "begins with a digit"),
    errors.NickInUse("bob", "bob"),
    errors.NickInUse("bоb", "bob"),
    errors.NickReserved("NickServ"),
    errors.NoSuchNick("bob"),
    errors.BadRoomName("#", "has nothing after its #"),
    errors.RoomLookalike("#lοbby", "#lobby"),
    errors.NoSuchRoom("#den"),
    errors.NotInRoom("#den"),
    errors.TargetNotInRoom("bob", "#den"),
    errors.AlreadyInRoom("bob", "#den"),
    errors.TooManyRooms(100),
    errors.Banned("#den"),
    errors.InviteOnly("#den"),
    errors.BadKey("#den", False),
    errors.BadKey("#den", True),
    errors.RoomFull("#den", 7),
    errors.RegisteredOnly("#den"),
    errors.SecureOnly("#den"),
    errors.OperatorsOnly("#den"),
    errors.LobbyLock("#z", "k"),
    errors.Forwarded("#den", "#hall", errors.InviteOnly("#den")),
    errors.TextBlocked("#den", "c", "with colours in them"),
    errors.NickFixed("#den"),
    errors.TextRefused("bob", "from those who are not logged in"),
    errors.CannotSpeak("#den", "m"),
    errors.CannotSpeak("#den", "M"),
    errors.NotOperator("#den"),
    errors.UnknownMode("z"),
    errors.BadModeParameter("l", "x", "a number"),
    errors.BadModeParameter("k", None, "a value", "-"),
    errors.ListFull("#den", "b", 100),
    errors.UnknownUserMode("y"),
    errors.NotPrivileged("rooms"),
    errors.BadServerBan("*@*", "that is everyone"),
    errors.NoSuchServerBan("bob!*@*"),
    errors.ServerBanned("spam", None),
    errors.ServerBanned("spam", 1_767_268_800_000),
    errors.WatchListFull(100, ("bob", "carol")),
    errors.RoomNameInUse("#den"),
    errors.NoSuchText("#den", "t-7"),
    errors.AlreadyRead("bob"),
    errors.NotKept("bob"),
    errors.NotYours("#den", "t-7"),
    errors.NothingSaid(),
    errors.TooLong("the topic", 391, 390),
    errors.BadText("the message", "\0"),
    errors.TooFast("join rooms", 0.2),
    errors.RoomTooFast("#den", 3.0),
    errors.NotStored("the disk is full"),
    errors.OutcomeUnknown(),
    errors.Overloaded("passwords to check"),
    errors.NotRead("the disk failed"),
    errors.NickOwned("alice"),
    errors.NoSuchAccount("alice"),
    errors.AccountExists("alice"),
    errors.NameRetired("alice"),
    errors.NoAlwaysOn(),
    errors.BadName("x" * 65, "is too long"),
    errors.LoginFailed(),
    errors.CodeRequired("alice"),
    errors.WrongCode(),
    errors.Suspended("spam"),
    errors.NotVerified("alice"),
    errors.AccountRequired(),
    errors.NotLoggedIn(),
    errors.AlreadyLoggedIn("alice"),
    errors.TooManySessions(10),
    errors.TooManyOf("tokens", 20),
    errors.NoSuchCredential("token", "phone"),
    errors.LastCredential(),
    errors.BadPassword("is too common"),
    errors.BadCredential("This certificate", "belongs to another account"),
    errors.RegistrationClosed(),
    errors.InvitationNeeded(),
    errors.NotEncrypted(),
    errors.RoomRegisteredAlready("#den"),
    errors.RoomNotRegistered("#den"),
    errors.FounderNotListed("alice", "#tea"),
    errors.CannotRegister("#lobby", "everyone arrives there"),
    errors.NoAccess("#den"),
    errors.BadSetting("soon", "is not a length of time"),
    errors.BadRank("king", "operator, voice or none"),
    errors.NotFounder("#den"),
    errors.AccountAway("alice"),
    errors.UserAway("alice"),
    errors.InboxFull("alice", 100),
)
"""An error of every class."""


def everyError(base: type[ChatError] = ChatError) -> Iterator[type[ChatError]]:
    """Get every class of error in the chat."""
    for error in base.__subclasses__():
        yield error
        yield from everyError(error)


class WordingTests(SynchronousTestCase):
    """The wording of the chat's errors."""

    def test_complete(self) -> None:
        """Every error, and nothing else, has a wording and a sample."""
        known = {error for error in everyError() if error.__module__.startswith(f"{errors.__name__}.")}
        self.assertEqual(known, set(WORDINGS))
        self.assertEqual(known, set(map(type, SAMPLES)))

    def test_durations(self) -> None:
        """A duration of whole minutes is in minutes, and any other in seconds."""
        for seconds, words in (
            (0.5, "0.5 seconds"),
            (1.0, "1 second"),
            (59.0, "59 seconds"),
            (60.0, "1 minute"),
            (61.0, "61 seconds"),
            (180.0, "3 minutes"),
        ):
            self.assertEqual(formatDuration(seconds), words)

    def test_lobbyLock(self) -> None:
        """The bans that lock the lobby are described; any other lock is named by its mode."""
        self.assertIn("set or lift bans of your own host, or wider than", wordError(errors.LobbyLock("#z", "b")))
        self.assertIn("set or lift mode k in", wordError(errors.LobbyLock("#z", "k")))

    def test_modeParameter(self) -> None:
        """A missing parameter is shown by its kind; an invalid one leads to the list of modes, even if it is empty."""
        missing = wordError(errors.BadModeParameter("o", None, "a nick", "-"))
        self.assertEqual(missing, "Mode o needs a nick.  Usage: /mode -o NICK")
        for parameter in ("x", ""):
            problem = errors.BadModeParameter("l", parameter, "a number")
            self.assertEqual(wordError(problem), f"{problem.text}.  /help mode lists the modes.")

    def test_wait(self) -> None:
        """A time to wait is rounded up, so that a client that waits so long is not refused again."""
        for problem in (errors.TooFast("send lines", 1.2), errors.RoomTooFast("#den", 1.2)):
            self.assertIn("Try again in 2 s.", wordError(problem))

    def test_unknown(self) -> None:
        """An error without a wording, for example of a plugin, is shown with its text."""
        self.assertEqual(wordError(ChatError()), "That was refused.")

    def test_sentences(self) -> None:
        """Each says what was wrong and what to do, in one line that every terminal can show."""
        for error in SAMPLES:
            with self.subTest(error=error):
                text = wordError(error)
                wrong, stop, advice = text.partition(".  ")
                if isinstance(error, errors.AlreadyInRoom):
                    wrong, stop, advice = text.partition(", and ")
                self.assertTrue(wrong and stop and advice, text)
                self.assertTrue(text[0].isupper() or text.startswith((*"#z", "bob")), text)
                self.assertTrue(advice[-1] in ".)" or advice.startswith(("/", "Usage: /")), text)

    def test_facts(self) -> None:
        """Each contains the fields of the error: the room, the nick, the limit."""
        for error in SAMPLES:
            with self.subTest(error=error):
                text = wordError(error).lower()
                for field in fields(error):
                    value = getattr(error, field.name)
                    if field.name == "sign" and isinstance(error, errors.BadModeParameter) and error.parameter:
                        continue
                    if isinstance(value, float):
                        value = 1 if value == 0.2 else int(value)
                    if value is None:
                        value = "needs" if isinstance(error, errors.BadModeParameter) else "nothing"
                    if value == "\0":
                        value = "U+0000"
                    if isinstance(value, bool):
                        value = "not the key" if value else "needs a key"
                    if field.name == "weak":
                        continue  # for IRC's REGISTER
                    if field.name == "until":
                        value = "for good" if value == "nothing" else "2026-01-01 12:00 UTC"
                    if isinstance(value, ChatError):
                        value = wordError(value)
                    for fact in value if isinstance(value, tuple) else (value,):
                        self.assertIn(str(fact).lower(), text)


class RefusedLineTests(SynchronousTestCase):
    """Refused lines.  The connection continues with the next line."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def goesOn(self) -> None:
        """Assert that the next line is sent, and that none before it was."""
        self.alice.send("next")
        self.bob.expect("[12:00] <alice> next")
        self.alice.expect()
        self.assertFalse(self.alice.gone)

    def test_tooLong(self) -> None:
        """A line over the limit is dropped, and the error contains its length."""
        self.alice.send("x" * 5000)
        self.alice.expect("! That line is too long: it has 5000 bytes, and 4096 fit.  Say it in parts.")
        self.goesOn()

    def test_muchTooLong(self) -> None:
        """A line of a megabyte in many pieces, with telnet commands, takes no memory."""
        for _ in range(256):
            self.alice.sendBytes(b"x" * 4094 + b"\xff\xf1")
        self.alice.expect()
        self.alice.sendBytes(b"\r\n")
        self.alice.expect(f"! That line is too long: it has {256 * 4094} bytes, and 4096 fit.  Say it in parts.")
        self.goesOn()

    def test_notUTF8(self) -> None:
        """A line that is not UTF-8 is refused with the position and the byte."""
        self.alice.sendBytes(b"caf\xe9\n")
        advice = "Set your terminal to UTF-8; if you use telnet, start it as telnet -8."
        self.alice.expect(f"! That line is not UTF-8, from its byte 4 on (0xe9).  {advice}")
        self.alice.sendBytes(b"\xed\xa0\x80\n\xc0\xaf\n\xf4\x90\x80\x80\n\xe2\x82\n")
        first = ("0xed", "0xc0", "0xf4", "0xe2")
        self.alice.expect(*(f"! That line is not UTF-8, from its byte 1 on ({byte}).  {advice}" for byte in first))
        self.goesOn()

    def test_cutCharacters(self) -> None:
        """A character may arrive in several packets."""
        for byte in "né€𝄞\n".encode():
            self.alice.sendBytes(bytes([byte]))
        self.bob.expect("[12:00] <alice> né€𝄞")

    def test_delimiters(self) -> None:
        """NUL and CR in a text are refused."""
        self.alice.sendBytes(b"a\0b\na\rb\n/me \0\n/topic a\0\n/msg bob a\rb\n/kick bob \0.\n/away \0.\n/leave \0.\n")
        self.alice.expect(
            "! The message has U+0000 in it.  Say it without.",
            "! The message has U+000D in it.  Say it without.",
            "! The message has U+0000 in it.  Say it without.",
            "! The topic has U+0000 in it.  Say it without.",
            "! The message has U+000D in it.  Say it without.",
            "! The reason has U+0000 in it.  Say it without.",
            "! The reason has U+0000 in it.  Say it without.",
            "! The reason has U+0000 in it.  Say it without.",
        )
        self.goesOn()

    def test_inside(self) -> None:
        """An unexpected failure is logged, and the client gets no details."""

        class Oops(Exception):
            pass

        def fail(*_: object) -> None:
            raise Oops("secret")

        self.patch(self.server.chat.channels, "visible", fail)
        self.alice.send("/who")
        self.alice.expect("! That failed inside the server, which has logged why.  Tell its administrator.")
        self.assertEqual(1, len(self.flushLoggedErrors(Oops)))
        self.goesOn()


class FloodTests(SynchronousTestCase):
    """Five lines at once, then two a second."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")
        self.bob = self.server.person("bob", STRANGER)
        self.server.advance(60)
        self.alice.skip()

    def tooFast(self, text: str, wait: int) -> str:
        """Get the error for a line over the rate limit."""
        limits = "! Too fast: you may send 5 lines at once, then 2 a second."
        return f"{limits}  Not taken: {text}  Try again in {wait} s."

    def test_burst(self) -> None:
        """A refused line is quoted, so that it can be sent again."""
        self.bob.send(*"1234567")
        self.bob.expect(self.tooFast('"6"', 1), self.tooFast('"7"', 1))
        self.alice.expect(*(f"[12:01] <bob> {number}" for number in "12345"))

    def test_refill(self) -> None:
        """Later one line is accepted each half second, and no more than five at once."""
        self.bob.send(*"12345")
        self.alice.skip()
        self.server.advance(0.5)
        self.bob.send("6", "7")
        self.bob.expect(self.tooFast('"7"', 1))
        self.alice.expect("[12:01] <bob> 6")
        self.server.advance(3600)
        self.bob.send(*"abcdefg")
        self.bob.expect(self.tooFast('"f"', 1), self.tooFast('"g"', 1))

    def test_waitingIsNotPunished(self) -> None:
        """Refused lines do not delay later ones."""
        self.bob.send(*"12345")
        for _ in range(10):
            self.bob.send("again")
        self.alice.skip()
        self.server.advance(1)
        self.bob.send("now", "and now")
        self.alice.expect("[12:01] <bob> now", "[12:01] <bob> and now")

    def test_commandsCount(self) -> None:
        """Commands count like other lines, but /quit is never refused."""
        self.bob.send(*5 * ["/rooms"])
        self.bob.skip()
        self.bob.send("/who", "/quit fast")
        self.bob.expect(self.tooFast('"/who"', 1), GOODBYE)
        self.assertTrue(self.bob.gone)

    def test_badLinesCount(self) -> None:
        """Invalid lines count too."""
        self.bob.sendBytes(5 * b"\xc0\n" + b"hello\n")
        self.assertEqual(self.tooFast('"hello"', 1), self.bob.lines()[-1])

    def test_longQuotes(self) -> None:
        """Only the beginning of a long line is quoted, without control characters."""
        self.bob.send(*"12345", "\x1b[31m" + "x" * 100)
        self.bob.expect(self.tooFast('"␛[31m' + "x" * 35 + '…"', 1))

    def test_eachConnection(self) -> None:
        """Each connection has its own rate, even at the same address."""
        carol = self.server.person("carol", STRANGER)
        self.bob.send(*"123456")
        self.alice.skip()
        carol.send("hello")
        self.alice.expect("[12:01] <carol> hello")

    def test_exempt(self) -> None:
        """Exempt clients have no rate limit."""
        self.alice.send(*map(str, range(100)))
        self.assertEqual(100, len(self.bob.lines()))
        self.alice.expect()

    def test_configured(self) -> None:
        """The rates are configurable, and the error contains them."""
        server = limited(floodBurst=3, floodRate=0.5)
        bob = server.person("bob", STRANGER)
        bob.send("1", "2", "3")
        bob.expect(
            '! Too fast: you may send 3 lines at once, then 0.5 a second.  Not taken: "3"  Try again in 2 s.',
        )


class FullDisk(MemoryLog):
    """A journal that refuses every durable event."""

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        if isinstance(event, RoomMessage):
            failed: Deferred[Entry] = Deferred()
            failed.errback(errors.NotStored("the disk is full"))
            return failed
        return super().append(event, origin)

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        if isinstance(event, RoomMessage):
            refused(event, Failure(errors.NotStored("the disk is full")))
        else:
            super().post(event, refused)


class Unsure(FullDisk):
    """A journal that does not find out whether it has stored a text."""

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        if isinstance(event, RoomMessage):
            refused(event, Failure(errors.OutcomeUnknown()))
        else:
            super().post(event, refused)


class Unreadable(MemoryHistory):
    """A journal that cannot be read."""

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        failed: Deferred[Sequence[Kept]] = Deferred()
        failed.errback(errors.NotRead("the disk failed"))
        return failed


class NotReadTests(SynchronousTestCase):
    """A journal that cannot be read."""

    def test_told(self) -> None:
        """A client that joins is a member, sees the members, and is told; so is one that asks for the history."""
        why = "! What was said before cannot be read just now: the disk failed.  Try /history later."
        server = MemoryServer(journal=inMemory(history=Unreadable))
        alice = server.connect()
        alice.send("alice", "/history", "hello")
        alice.until("* 1 in #lobby: @alice")
        alice.expect("* alice joined #lobby", why, why)
        server.person("bob").send("/me listens")
        alice.until("[12:00] * bob listens")


class DamagedHistory(MemoryHistory):
    """A history in which the texts that contain C{word} are damaged."""

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        return super().read(span).addCallback(self._damage)

    def search(self, *arguments: Any) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.search}."""
        return super().search(*arguments).addCallback(self._damage)

    def _damage(self, kept: Sequence[Kept]) -> Sequence[Kept]:
        entries = [entry for entry in kept if isinstance(entry, Entry)]
        return [
            Damaged(entry.sequence) if isinstance(entry.event, RoomMessage) and "word" in entry.event.text else entry
            for entry in entries
        ]


class DamagedTests(SynchronousTestCase):
    """Damaged entries.  The clients connect from an address without exemption."""

    def setUp(self) -> None:
        self.server = MemoryServer(journal=inMemory(history=DamagedHistory))
        self.alice = self.server.person("alice", STRANGER)

    def test_history(self) -> None:
        """They are counted after the shown entries, also on joining."""
        self.alice.send("one", "a word", "/history")
        self.alice.until("* History of #lobby, 2026-01-01")
        one, end = "[12:00] <alice> one", "* End of history of #lobby"
        self.alice.expect(one, "* 1 entry could not be read: it changed on disk", f"{end}; it begins here")
        self.alice.send("more words")
        bob = self.server.connect(STRANGER)
        bob.send("bob")
        bob.until("* History of #lobby, 2026-01-01")
        bob.expect(one, "* 2 entries could not be read: they changed on disk", end, "* bob joined #lobby")

    def test_alone(self) -> None:
        """They are counted even if there are no other entries, which differs from an empty history."""
        self.alice.send("a word", "/history", "/search word")
        damaged = "* 1 entry could not be read: it changed on disk"
        self.alice.expect(damaged, "* End of history of #lobby; it begins here", damaged)

    def test_pages(self) -> None:
        """A search continues behind them."""
        server = MemoryServer(journal=inMemory(history=DamagedHistory))
        alice = server.person("alice")
        alice.send("first tea", *(f"word tea {number}" for number in range(50)), "/search tea", "/search")
        alice.expect(
            "* 50 entries could not be read: they changed on disk",
            '* History of "tea" in your rooms, 2026-01-01',
            "[12:00] #lobby <alice> first tea",
            '* End of history of "tea" in your rooms',
        )


class NotStoredTests(SynchronousTestCase):
    """Events that the journal refuses."""

    def test_told(self) -> None:
        """The sender is told, nobody sees the event, and what needs no disk works."""
        server = MemoryServer(journal=inMemory(FullDisk))
        alice, bob = server.person("alice"), server.person("bob")
        alice.skip()
        alice.send("/echo on", "hello", "/who")
        alice.expect(
            "* Echo is on",
            "! That was not taken, and nobody has seen it: the disk is full.  Try again later.",
            "* 2 in #lobby: @alice bob",
        )
        bob.expect()

    def test_unknown(self) -> None:
        """The sender is told to look before they say it again, if it is not known whether it was stored."""
        alice = MemoryServer(journal=inMemory(Unsure)).person("alice")
        alice.skip()
        alice.send("hello")
        alice.expect("! It is not known whether this was accepted.  Look at /history before you send it again.")

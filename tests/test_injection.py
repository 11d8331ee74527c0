"""
Text that a user writes at one door stays text at every other: it becomes no line, command, tag or terminal control.

The test sends each field at each door, and through the verbs, with each character that has a meaning in some protocol.
It compares the output of other clients with their output for a harmless character.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.chat import Chat
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Session
from twistchat.testing import Client, IrcClient, LineClient, MemoryServer
from twistchat.wire.irc.capabilities import CAPABILITIES
from twistchat.wire.irc.message import parse

HARMLESS: Final = "-"

HOSTILE: Final = (
    ";",
    ";account=root;",
    "\\",
    r"\r\nQUIT",
    r"\:",
    "\x85",
    "\u2028\u2029",
    "\x1b[2J",
    "\x1b]0;x\x07\x08\x7f",
    "\x9b2J",
    "\u202e\u2066\u061c\u200f\U000e0041",
)
"""What a line can carry."""

ENDINGS: Final = ("\r", "\n", "\r\n", "\0", "\nQUIT\n", "\r\n:twistchat NOTICE x :y\r\n")
"""What it cannot: only other protocols could bring this in."""

SERVER_TAGS: Final = frozenset({"account", "batch", "bot", "draft/multiline-concat", "label", "msgid", "time"})

UNSAFE: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What a terminal would obey, but for the end of a line."""

WRONG_KEY: Final = "475"
"""What someone is told who comes in afterwards, where a door took part of the text for the room's key."""

Attempt: TypeAlias = "Callable[[Client, str], None]"
"""Puts a text into one field."""


Verb: TypeAlias = "Callable[[Chat, Session, str], Deferred[Entry] | None]"
"""Asks something of the chat with a text in one field."""


def lines(*wanted: str) -> Attempt:
    """Make an attempt that sends lines with the text in place of C{{x}}."""

    def send(client: Client, text: str) -> None:
        client.send(*(line.replace("{x}", text) for line in wanted))

    return send


IRC: Final[dict[str, Attempt]] = {
    "nick": lines("NICK a{x}b"),
    "realname": lines("SETNAME :a{x}b"),
    "room": lines("JOIN #a{x}b"),
    "key": lines("MODE #lobby +k a{x}b"),
    "mask": lines("MODE #lobby +b a{x}b!*@*"),
    "extended mask": lines("MODE #lobby +b ~r:a{x}b"),
    "topic": lines("TOPIC #lobby :a{x}b"),
    "text": lines("PRIVMSG #lobby :a{x}b"),
    "notice": lines("NOTICE #lobby :a{x}b"),
    "action": lines("PRIVMSG #lobby :\x01ACTION a{x}b\x01"),
    "private text": lines("PRIVMSG lena,watcher,plain :a{x}b"),
    "lines": lines("BATCH +1 draft/multiline #lobby", "@batch=1 PRIVMSG #lobby :a{x}b", "BATCH -1"),
    "reason of a part": lines("JOIN #b", "PART #lobby :a{x}b"),
    "reason of a kick": lines("KICK #lobby victim :a{x}b"),
    "reason of a rename": lines("RENAME #lobby #hall :a{x}b"),
    "away": lines("AWAY :a{x}b"),
    "value of a tag": lines("@+x=a{x}b PRIVMSG #lobby :t", "@+x=a{x}b TAGMSG #lobby"),
    "name of a tag": lines("@+a{x}b=x PRIVMSG #lobby :t", "@a{x}b=x TAGMSG #lobby"),
    "label": lines("@label=a{x}b PRIVMSG #lobby :t", "@label=a{x}b TOPIC #lobby :t"),
    "reason of a quit": lines("QUIT :a{x}b"),
}

LINE: Final[dict[str, Attempt]] = {
    "nick": lines("/nick a{x}b"),
    "room": lines("/join #a{x}b"),
    "key": lines("/mode +k a{x}b"),
    "mask": lines("/ban a{x}b!*@*"),
    "topic": lines("/topic a{x}b"),
    "text": lines("a{x}b"),
    "action": lines("/me a{x}b"),
    "private text": lines("/msg lena a{x}b", "/msg watcher a{x}b", "/msg plain a{x}b"),
    "reason of a leave": lines("/leave a{x}b"),
    "reason of a kick": lines("/kick victim a{x}b"),
    "away": lines("/away a{x}b"),
    "reason of a quit": lines("/quit a{x}b"),
}


COMING: Final[dict[str, Attempt]] = {
    "nothing": lines(),
    "nick": lines("NICK a{x}b", "USER user 0 * :real", "JOIN #lobby"),
    "username": lines("NICK sender", "USER a{x}b 0 * :real", "JOIN #lobby"),
    "realname": lines("NICK sender", "USER user 0 * :a{x}b", "JOIN #lobby"),
    "away": lines(
        "CAP REQ draft/pre-away", "AWAY :a{x}b", "NICK sender", "USER user 0 * :real", "CAP END", "JOIN #lobby"
    ),
    "line nick": lines("a{x}b"),
}


class InjectionTests(SynchronousTestCase):
    """All fields, characters and doors."""

    def setUp(self) -> None:
        """Start without results for the harmless character."""
        self.expected: dict[str, dict[str, Counter[str]]] = {}

    def begin(self, bringIn: Callable[[MemoryServer], Client]) -> None:
        """Start a server with a sender, who has all ranks in the lobby, and with watching clients."""
        self.server = MemoryServer()
        self.sender = bringIn(self.server)
        (session,) = self.server.chat.state.sessions.values()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", ("rooms",))))
        self.server.pump()
        everything = [name for name in CAPABILITIES if name not in ("sts", "draft/metadata-2")]
        self.watchers: dict[str, Client] = {
            "watcher": self.server.irc("watcher", *everything),
            "plain": self.server.irc("plain"),
            "lena": self.server.person("lena"),
        }
        for client in (self.watchers["watcher"], self.watchers["plain"], self.server.irc("victim")):
            assert isinstance(client, IrcClient)
            client.join("#lobby")
        for client in self.watchers.values():
            client.skip()

    def lookAround(self, key: str) -> None:
        """
        Request everything that is stored, and enter afterwards through each door.


        @param key: a possible key of the room.
        """
        for name, client in self.watchers.items():
            if name == "lena":
                client.send("/topic", "/mode", "/ban", "/who", "/rooms", "/history", "/whois sender")
            else:
                client.send("TOPIC #lobby", "MODE #lobby", "MODE #lobby b", "NAMES #lobby", "LIST", "WHO #lobby")
                client.send("WHOIS sender", "WHOWAS sender", "PRIVMSG sender :there?")
        self.watchers["late"] = late = self.server.connect()
        late.send("late")
        self.watchers["later"] = self.server.irc("later", "server-time", "message-tags", "extended-join")
        self.watchers["later"].send(f"JOIN #lobby {key}" if key.isprintable() else "JOIN #lobby", "JOIN #hall")

    def seen(self, client: Client) -> Counter[str]:
        """Return the commands or lines that a client received.  Fail if they contain a forbidden character."""
        if isinstance(client, LineClient):
            text = client.raw.decode()
            self.assertNotRegex(text, UNSAFE)
            return Counter(lines=text.count("\n"))
        self.assertTrue(client.raw.endswith(b"\r\n"))
        commands: Counter[str] = Counter()
        for line in client.raw[:-2].split(b"\r\n"):
            message = parse(line)
            for key in message.tags:
                self.assertTrue(key in SERVER_TAGS or key[0] == "+", line)
            self.assertNotEqual(message.tags.get("account"), "root")
            commands[message.command] += 1
        return commands

    def hold(self, field: str, text: str, extra: frozenset[str] = frozenset()) -> None:
        """
        Check that nobody received more than for a harmless character, or than for nothing if the field was refused.


        @param extra: commands that may occur more often.
        """
        self.lookAround(f"a{text}b")
        seen = {name: self.seen(client) for name, client in self.watchers.items()}
        if text == HARMLESS:
            self.expected[field] = seen
            return
        for name, commands in seen.items():
            more = set(commands - (self.expected[field][name] | self.expected["nothing"][name])) - extra - {WRONG_KEY}
            self.assertEqual(more, set(), f"{field} with {text!r}: {name} was sent {commands}")

    def attempt(self, attempts: dict[str, Attempt], bringIn: Callable[[MemoryServer], Client]) -> None:
        """Try every character in every field."""
        for text in (HARMLESS, *HOSTILE):
            for field, attempt in {"nothing": lines(), **attempts}.items():
                self.begin(bringIn)
                attempt(self.sender, text)
                self.hold(field, text)

    def test_irc(self) -> None:
        """Fields that are sent at the IRC door."""

        def bringIn(server: MemoryServer) -> Client:
            capabilities = ("message-tags", "batch", "draft/multiline", "labeled-response", "echo-message")
            client = server.irc("sender", *capabilities)
            client.join("#lobby")
            return client

        self.attempt(IRC, bringIn)

    def test_line(self) -> None:
        """Fields that are sent at the line door."""
        self.attempt(LINE, lambda server: server.person("sender"))

    def test_coming(self) -> None:
        """Fields that a client sends when it enters."""
        for text in (HARMLESS, *HOSTILE):
            for field, attempt in COMING.items():
                self.begin(lambda server: server.person("keeper"))
                attempt(self.server.connect() if field.startswith("line") else self.server.connectIrc(), text)
                self.hold(field, text)

    def test_verbs(self) -> None:
        """Fields that a door passes to the verbs, although this protocol cannot carry them."""
        for text in (HARMLESS, *ENDINGS, *HOSTILE):
            for field, verb in VERBS.items():
                self.begin(lambda server: server.person("sender"))
                self.ask(verb, f"a{text}b")
                severalLines = field in ("text", "action", "notice", "private text") and "\n" in text
                told = frozenset({"PRIVMSG", "NOTICE", "BATCH", "lines"}) if severalLines else frozenset[str]()
                self.hold(field, text, told)

    def ask(self, verb: Verb, text: str) -> None:
        """Call a verb that may refuse."""
        session = next(iter(self.server.chat.identity.find("sender").sessions.values()))
        try:
            receipt = verb(self.server.chat, session, text)
        except ChatError:
            return
        if receipt is not None:
            self.successResultOf(receipt)
        self.server.pump()

    def test_unchanged(self) -> None:
        """Characters without a meaning in IRC pass unchanged from one IRC client to another, and into tags."""
        server = MemoryServer()
        alice, bob = server.irc("alice", "message-tags"), server.irc("bob", "message-tags")
        alice.join("#tea")
        bob.join("#tea")
        for text in HOSTILE:
            bob.skip()
            alice.send(f"PRIVMSG #tea :a{text}b")
            self.assertEqual(parse(bob.lines()[0].encode()).params[1], f"a{text}b")
        alice.send(r"@+x=\:\s\\\r\n PRIVMSG #tea :t")
        self.assertEqual(parse(bob.lines()[0].encode()).tags["+x"], "; \\\r\n")

    def test_whole(self) -> None:
        """An IRC line that contains a line end is refused whole."""
        server = MemoryServer()
        alice, bob = server.irc("alice"), server.irc("bob")
        alice.join("#tea")
        bob.join("#tea")
        for data in (b"PRIVMSG #tea :a\rPRIVMSG #tea :b\r\n", b"PRIVMSG #tea :a\0b\r\n", b"PRIVMSG #tea :a\xff\r\n"):
            alice.sendBytes(data)
            self.assertEqual(bob.lines(), [])


def _verbs() -> Iterator[tuple[str, Verb]]:
    yield "nothing", lambda chat, session, text: None
    yield "text", lambda chat, session, text: chat.speaking.say(session, "#lobby", text)
    yield "action", lambda chat, session, text: chat.speaking.say(session, "#lobby", text, "action")
    yield "notice", lambda chat, session, text: chat.speaking.say(session, "#lobby", text, "notice")
    yield "private text", lambda chat, session, text: chat.speaking.sayPrivate(session, "plain", text)
    yield "value of a tag", lambda chat, session, text: chat.speaking.say(session, "#lobby", "t", tags=(("x", text),))
    yield "name of a tag", lambda chat, session, text: chat.speaking.say(session, "#lobby", "t", tags=((text, "x"),))
    yield "signal", lambda chat, session, text: chat.speaking.sendTags(session, "#lobby", ((text, text),))
    yield "topic", lambda chat, session, text: chat.channels.setTopic(session, "#lobby", text)
    yield "part", lambda chat, session, text: chat.membership.part(session, "#lobby", text)
    yield "kick", lambda chat, session, text: chat.membership.kick(session, "#lobby", "victim", text)
    yield "key", lambda chat, session, text: chat.channels.setModes(session, "#lobby", "+k", [text])
    yield "mask", lambda chat, session, text: chat.channels.setModes(session, "#lobby", "+b", [f"{text}!*@*"])
    yield "room", lambda chat, session, text: chat.membership.join(session, f"#{text}")
    yield "new name", lambda chat, session, text: chat.channels.rename(session, "#lobby", f"#{text}")
    yield "reason of a new name", lambda chat, session, text: chat.channels.rename(session, "#lobby", "#hall", text)
    yield "nick", lambda chat, session, text: chat.identity.rename(session, text)
    yield "realname", lambda chat, session, text: chat.identity.setRealname(session, text)
    yield "away", lambda chat, session, text: chat.presence.setAway(session, text)
    yield "quit", lambda chat, session, text: chat.presence.close(session, text)


VERBS: Final = dict(_verbs())

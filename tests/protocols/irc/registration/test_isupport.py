"""Tests of RPL_ISUPPORT: the server behaves as each token says."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import host, mask, rooted, serverWith, staffed
from twistchat.chat.errors import TooLong
from twistchat.protocols.irc.registration.isupport import isupportTokens
from twistchat.testing import IrcClient, MemoryServer

LIMITS = {
    "nick": 9,
    "room": 12,
    "topic": 20,
    "reason": 15,
    "realname": 25,
    "watched": 3,
    "targets": 2,
    "bans": 3,
    "roomsPerUser": 2,
    "historyReply": 4,
}
"""Small limits that differ from each other."""


class TokenTests(SynchronousTestCase):
    """
    The method C{test_X} tests the token X.

    @ivar tokens: the tokens of the server.
    """

    def setUp(self) -> None:
        """Start a server with small limits, register bob and alice, and read the tokens."""
        self.begin(staffed(limits=LIMITS, irc={"icon": "https://example.org/i.png?x={size}"}))

    def begin(self, server: MemoryServer) -> None:
        """Use this server."""
        self.server = server
        self.bob = server.connectIrc()
        self.bob.send("NICK bob", "USER bob 0 * :bob")
        self.tokens: dict[str, str] = {}
        for line in self.bob.lines():
            if line.startswith(":twistchat 005 bob "):
                words = line.removesuffix(" :are supported by this server").split(" ")[3:]
                self.assertLessEqual(len(words), 13)
                for word in words:
                    name, _, value = word.partition("=")
                    self.assertNotIn(name, self.tokens)
                    self.tokens[name] = value
        self.alice = server.irc("alice")

    def ask(self, line: str, client: IrcClient | None = None) -> list[str]:
        """Send a line as bob, and get the reply without tags and sources."""
        client = client or self.bob
        client.skip()
        client.send(line)
        return [re.sub(r"^(@\S+ )?:\S+ ", "", line) for line in client.lines()]

    def codes(self, line: str, client: IrcClient | None = None) -> list[str]:
        """Send a line as bob, and get the commands and numerics of the reply."""
        return [answer.split(" ")[0] for answer in self.ask(line, client)]

    def number(self, name: str) -> int:
        """Get the value of a numeric token."""
        return int(self.tokens[name])

    def test_allTried(self) -> None:
        """Every token has a test, and a value that can be parsed."""
        tried = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")} - {"allTried"}
        self.assertEqual(tried, {name.rpartition("/")[2] for name in self.tokens})
        said = {name: value or "" for name, value in isupportTokens(self.server.context).items()}
        self.assertEqual(said, {name: value.replace(r"\x3D", "=") for name, value in self.tokens.items()})

    def test_ACCOUNTEXTBAN(self) -> None:
        """A ban with this letter matches an account."""
        self.server.chat.identity.setAccount(self.server.chat.identity.find("alice"), "Liddell")
        self.bob.join("#a")
        self.assertEqual(
            ["MODE"], self.codes(f"MODE #a +b {self.tokens['EXTBAN'][0]}{self.tokens['ACCOUNTEXTBAN']}:liddell")
        )
        self.assertEqual(["474"], self.codes("JOIN #a", self.alice))

    def test_AWAYLEN(self) -> None:
        """An away message is cut to this length."""
        length = self.number("AWAYLEN")
        self.bob.send(f"AWAY :{length * 'a'}b")
        self.assertIn(f"301 alice bob {length * 'a'}", self.ask("WHOIS bob", self.alice))

    def test_BOT(self) -> None:
        """This is the mode, and the flag in WHO."""
        self.bob.send(f"MODE bob +{self.tokens['BOT']}")
        self.assertIn("335", self.codes("WHOIS bob", self.alice))
        self.assertIn(f" H{self.tokens['BOT']} ", self.ask("WHO bob", self.alice)[0])

    def test_CASEMAPPING(self) -> None:
        """Only A to Z have a case."""
        self.assertEqual("ascii", self.tokens["CASEMAPPING"])
        self.assertEqual(["433"], self.codes("NICK ALICE"))
        self.alice.send("NICK a[b")
        self.assertEqual(["NICK"], self.codes("NICK a{b"))

    def test_CHANLIMIT(self) -> None:
        """A client may join this many channels."""
        prefix, _, limit = self.tokens["CHANLIMIT"].partition(":")
        for number in range(int(limit)):
            self.assertIn("JOIN", self.codes(f"JOIN {prefix}{number}"))
        self.assertEqual(["405"], self.codes(f"JOIN {prefix}more"))

    def test_CHANMODES(self) -> None:
        """
        Lists are shown if they have no parameter.  The other modes have parameters as their type says, and MODE shows
        them.
        """
        lists, always, onSet, flags = self.tokens["CHANMODES"].split(",")
        root = rooted(self.server, "root")
        for client in (root, self.alice):
            client.join("#a")
        root.send("OJOIN #a", "JOIN #b", "MODE #a -nt")
        for letter in lists:
            self.assertEqual(["MODE"], self.codes(f"MODE #a +{letter} x!*@*", root))
            self.assertEqual(2, len(self.codes(f"MODE #a {letter}", root)))
        values = {"k": "secret", "l": "5", "f": "#b"}
        for letter in always:
            self.assertEqual(["MODE"], self.codes(f"MODE #a +{letter} {values[letter]}", root))
            self.assertNotIn("MODE", self.codes(f"MODE #a +{letter}", root))
            self.assertEqual(["MODE"], self.codes(f"MODE #a -{letter} {values[letter]}", root))
        for letter in onSet:
            self.assertNotIn("MODE", self.codes(f"MODE #a +{letter}", root))
            self.assertEqual(["MODE"], self.codes(f"MODE #a +{letter} {values[letter]}", root))
            self.assertEqual(["MODE"], self.codes(f"MODE #a -{letter}", root))
        for letter in flags:
            self.assertEqual(["MODE"], self.codes(f"MODE #a +{letter}", root), letter)
            self.assertEqual(f"324 root #a +{letter}", self.ask("MODE #a", root)[0])
            self.assertEqual(["MODE"], self.codes(f"MODE #a -{letter}", root), letter)

    def test_CHANNELLEN(self) -> None:
        """A name of this length is valid; a longer one is not."""
        name = "#" + (self.number("CHANNELLEN") - 1) * "x"
        self.assertIn("JOIN", self.codes(f"JOIN {name}"))
        self.assertEqual(["476"], self.codes(f"JOIN {name}x"))

    def test_CHANTYPES(self) -> None:
        """Channels begin with one of these characters only."""
        self.assertIn("JOIN", self.codes(f"JOIN {self.tokens['CHANTYPES']}a"))
        for other in "&+!a":
            self.assertEqual(["476"], self.codes(f"JOIN {other}a"))

    def test_CHATHISTORY(self) -> None:
        """A request returns this many messages at most."""
        self.bob.join("#a")
        session = next(iter(self.server.chat.identity.find("bob").sessions.values()))
        for number in range(9):
            self.server.chat.speaking.say(session, "#a", str(number))
        client = self.server.irc("carol", "draft/chathistory")
        client.join("#a")
        self.assertEqual(self.number("CHATHISTORY"), len(self.ask("CHATHISTORY LATEST #a * 9", client)))

    def test_ELIST(self) -> None:
        """Each of these conditions excludes what does not meet it."""
        self.bob.join("#one")
        self.alice.join("#one", "#two")
        self.bob.send("TOPIC #one :x")
        conditions = {
            "C": ("C<5", "C>5"),
            "M": ("#o*", "#x*"),
            "N": ("!#t*", "!#*"),
            "T": ("T<5", "T>5"),
            "U": (">1", ">5"),
        }
        self.assertEqual("".join(conditions), self.tokens["ELIST"])
        for meets, fails in conditions.values():
            self.assertIn("322 bob #one 2 x", self.ask(f"LIST {meets}"), meets)
            self.assertEqual(["321", "323"], self.codes(f"LIST {fails}"), fails)

    def test_EXCEPTS(self) -> None:
        """This mode exempts from bans."""
        self.bob.join("#a")
        self.bob.send("MODE #a +b alice!*@*", f"MODE #a +{self.tokens['EXCEPTS']} alice!*@*")
        self.assertIn("JOIN", self.codes("JOIN #a", self.alice))

    def test_EXTBAN(self) -> None:
        """These letters are valid in bans, and no others."""
        prefix, _, letters = self.tokens["EXTBAN"].partition(",")
        self.server = serverWith()
        self.bob = self.server.irc("bob")
        self.bob.join("#a")
        wants = {"a": "x", "c": "#x", "r": "x*", "U": "*!*@x", "m": "x!*@*", "n": "x!*@*"}
        for letter in letters:
            self.assertEqual(["MODE"], self.codes(f"MODE #a +b {prefix}{letter}:{wants[letter]}"), letter)
        for letter in set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(letters):
            self.assertEqual(["696"], self.codes(f"MODE #a +b {prefix}{letter}:x!*@*"), letter)

    def test_HOSTLEN(self) -> None:
        """A host of this length is valid; a longer one is not."""
        length, user = self.number("HOSTLEN"), self.server.chat.identity.find("bob")
        self.assertLessEqual(len(host()), length)
        self.server.chat.identity.setHost(user, length * "x")
        self.assertRaises(TooLong, self.server.chat.identity.setHost, user, (length + 1) * "x")

    def test_INVEX(self) -> None:
        """This mode replaces an invitation."""
        self.bob.join("#a")
        self.bob.send("MODE #a +i", f"MODE #a +{self.tokens['INVEX']} alice!*@*")
        self.assertIn("JOIN", self.codes("JOIN #a", self.alice))

    def test_KEYLEN(self) -> None:
        """A key of this length is valid; a longer one is not."""
        self.bob.join("#a")
        key = self.number("KEYLEN") * "k"
        self.assertEqual(["525"], self.codes(f"MODE #a +k {key}k"))
        self.assertEqual(["MODE"], self.codes(f"MODE #a +k {key}"))
        self.assertIn("JOIN", self.codes(f"JOIN #a {key}", self.alice))

    def test_KICKLEN(self) -> None:
        """A reason is cut to this length."""
        length = self.number("KICKLEN")
        self.bob.join("#a")
        self.alice.join("#a")
        self.assertEqual([f"KICK #a alice :{length * 'a'}"], self.ask(f"KICK #a alice :{length * 'a'}b"))

    def test_LINELEN(self) -> None:
        """A line of this length is accepted; a longer one is not."""
        length = self.number("LINELEN") - len("PING \r\n")
        self.assertEqual(["PONG"], self.codes(f"PING {length * 'x'}\r"))
        self.assertEqual(["417"], self.codes(f"PING {length * 'x'}x\r"))

    def test_MAXLIST(self) -> None:
        """Each list accepts this many masks, independently of the others."""
        self.bob.join("#a")
        lists = dict(part.split(":") for part in self.tokens["MAXLIST"].split(","))
        self.assertEqual(set(self.tokens["CHANMODES"].split(",")[0]), set(lists))
        for letter, limit in lists.items():
            for number in range(int(limit)):
                self.assertEqual(["MODE"], self.codes(f"MODE #a +{letter} m{number}!*@*"))
            self.assertEqual(["478"], self.codes(f"MODE #a +{letter} more!*@*"))

    def test_MAXTARGETS(self) -> None:
        """A command may have this many targets."""
        self.assertEqual(self.tokens["MAXTARGETS"], dict(self.targets())["PRIVMSG"])

    def targets(self) -> list[tuple[str, str]]:
        """Get the numbers of TARGMAX."""
        return [
            (command, limit)
            for command, _, limit in (part.partition(":") for part in self.tokens["TARGMAX"].split(","))
        ]

    def test_MODES(self) -> None:
        """This many changes with a parameter are made; more are ignored."""
        number = self.number("MODES")
        self.begin(serverWith())
        self.bob.join("#a")
        masks = [f"m{index}!*@*" for index in range(number + 1)]
        self.bob.send(f"MODE #a +{'b' * len(masks)} {' '.join(masks)}")
        self.assertEqual(number + 1, len(self.codes("MODE #a b")))

    def test_MONITOR(self) -> None:
        """A client may watch this many nicks."""
        nicks = [f"n{index}" for index in range(self.number("MONITOR"))]
        self.assertEqual(["731"], self.codes(f"MONITOR + {','.join(nicks)}"))
        self.assertEqual(["734"], self.codes("MONITOR + more"))

    def test_MSGREFTYPES(self) -> None:
        """CHATHISTORY accepts each type."""
        types = self.tokens["MSGREFTYPES"].split(",")
        self.assertEqual(types, ["msgid", "timestamp"])
        client = self.server.irc("carol", "draft/chathistory", "message-tags", "server-time", "standard-replies")
        client.send("JOIN #a")
        tags = dict(tag.split("=") for tag in client.lines()[0][1:].split(" ")[0].split(";"))
        for kind, value in zip(types, (tags["msgid"], tags["time"]), strict=True):
            self.assertEqual([], self.ask(f"CHATHISTORY AFTER #a {kind}={value} 1", client))

    def test_NAMELEN(self) -> None:
        """A realname of this length is valid; a longer one is not."""
        length = self.number("NAMELEN")
        self.bob.send(f"SETNAME :{length * 'a'}", f"SETNAME :{length * 'b'}b")
        self.assertIn(f"311 alice bob ~bob {host()} * {length * 'a'}", self.ask("WHOIS bob", self.alice))

    def test_NETWORK(self) -> None:
        """The welcome names the same network."""
        client = self.server.connectIrc()
        client.send("NICK x", "USER x 0 * :x")
        self.assertIn(f"Welcome to the {self.tokens['NETWORK']} Network", client.lines()[0])

    def test_NICKLEN(self) -> None:
        """A nick of this length is valid; a longer one is not."""
        nick = self.number("NICKLEN") * "n"
        self.assertEqual(["432"], self.codes(f"NICK {nick}n"))
        self.assertEqual(["NICK"], self.codes(f"NICK {nick}"))

    def test_PREFIX(self) -> None:
        """Each rank is shown by its prefix, highest first."""
        matched = re.fullmatch(r"\((\w+)\)(\S+)", self.tokens["PREFIX"])
        assert matched is not None
        letters, prefixes = matched.groups()
        root = rooted(self.server, "root", "multi-prefix")
        self.alice.join("#a")
        root.send("OJOIN #a", f"MODE #a +{letters[1:]} {' '.join(['root'] * (len(letters) - 1))}")
        self.assertIn(f"{prefixes}root", self.ask("NAMES #a", root)[0])

    def test_SAFELIST(self) -> None:
        """LIST is complete."""
        self.assertEqual("", self.tokens["SAFELIST"])
        self.assertEqual("323", self.codes("LIST")[-1])

    def test_STATUSMSG(self) -> None:
        """A text to a prefix reaches the holders of that rank only."""
        self.bob.join("#a")
        self.alice.join("#a")
        self.bob.skip()
        for prefix in self.tokens["STATUSMSG"]:
            self.alice.send("PART #a", "JOIN #a")
            self.bob.send("MODE #a +v alice")
            self.alice.skip()
            self.bob.send(f"PRIVMSG {prefix}#a :hi")
            heard = [line for line in self.alice.lines() if "PRIVMSG" in line]
            self.assertEqual([f":{mask('bob')} PRIVMSG +#a :hi"] if prefix == "+" else [], heard)

    def test_TARGMAX(self) -> None:
        """Each command accepts as many targets as it says."""
        most = dict(self.targets())
        for nick in ("carol", "dave"):
            self.server.irc(nick)
        for command in ("PRIVMSG", "NOTICE"):
            fits = ",".join(["alice", "carol", "dave"][: int(most.pop(command))])
            self.assertEqual([], self.codes(f"{command} {fits} :hi"))
        self.assertEqual(["407"], self.codes("PRIVMSG alice,carol,dave :hi"))
        self.alice.skip()
        self.assertEqual([], self.codes("NOTICE alice,carol,dave :hi"))
        self.bob.send("CAP REQ message-tags")
        self.assertEqual(["407"], self.codes("@+typing=active TAGMSG alice,carol,dave"))
        most.pop("TAGMSG")
        self.assertEqual(2, int(most.pop("WHOWAS")))
        self.assertEqual(["406", "406", "369"], self.codes("WHOWAS x,y,z"))
        self.assertEqual("1", most.pop("WHOIS"))
        self.assertEqual(["401", "318"], self.codes("WHOIS x,y"))
        self.assertEqual("1", most.pop("NAMES"))
        self.bob.join("#a", "#b")
        self.assertEqual(["353", "366"], self.codes("NAMES #a,#b"))
        self.assertEqual(["PART", "PART"], self.codes("PART #a,#b"))
        self.assertEqual(2, self.codes("JOIN #a,#b").count("JOIN"))
        self.alice.join("#a", "#b")
        self.assertEqual(["KICK", "KICK"], self.codes("KICK #a,#b alice,alice"))
        words = ",".join(["#a", "#b", *(f"#x{index}" for index in range(int(most.pop("LIST")) - 2))])
        self.assertEqual(["321", "322", "322", "323"], self.codes(f"LIST {words}"))
        self.assertEqual(["321", "407", "323"], self.codes(f"LIST {words},#more"))
        self.assertEqual(["731"], self.codes("MONITOR + x,y"))
        self.assertEqual(dict.fromkeys(("PART", "JOIN", "KICK", "MONITOR"), ""), most)

    def test_TOPICLEN(self) -> None:
        """A topic of this length is valid; a longer one is not."""
        self.bob.join("#a")
        topic = self.number("TOPICLEN") * "t"
        self.assertEqual([f"TOPIC #a :{topic}"], self.ask(f"TOPIC #a :{topic}"))
        self.bob.send("CAP REQ standard-replies")
        self.assertRegex(self.ask(f"TOPIC #a :{topic}t")[0], "FAIL TOPIC TOO_LONG #a :.*")

    def test_USERLEN(self) -> None:
        """A username is cut to this length, with its mark."""
        client = self.server.connectIrc()
        client.send("NICK x", f"USER {100 * 'u'} 0 * :x")
        self.assertEqual(self.number("USERLEN"), len(self.server.chat.identity.find("x").source.username))

    def test_UTF8ONLY(self) -> None:
        """Texts that are not UTF-8 are refused."""
        self.bob.join("#a")
        self.alice.join("#a")
        self.bob.skip()
        self.alice.sendBytes(b"PRIVMSG #a :\xff\r\n")
        self.bob.expect()

    def test_WHOX(self) -> None:
        """The extended form of WHO works."""
        self.assertEqual(["354", "315"], self.codes("WHO bob %n"))

    def test_ICON(self) -> None:
        """The icon is that of the configuration; without one there is no token."""
        self.assertEqual(r"https://example.org/i.png?x\x3D{size}", self.tokens["draft/ICON"])
        self.begin(serverWith())
        self.assertNotIn("draft/ICON", self.tokens)


class FollowTests(SynchronousTestCase):
    """The tokens follow the configuration."""

    def test_follow(self) -> None:
        """Other limits give other tokens."""
        plain = isupportTokens(MemoryServer().context)
        small = isupportTokens(serverWith(limits=LIMITS, irc={"network": "Example"}).context)
        differing = {name for name in plain if plain[name] != small[name]}
        self.assertEqual(
            {
                "AWAYLEN",
                "CHANLIMIT",
                "CHANNELLEN",
                "CHATHISTORY",
                "KICKLEN",
                "MAXLIST",
                "MAXTARGETS",
                "MONITOR",
                "NAMELEN",
            }
            | {"NETWORK", "NICKLEN", "TARGMAX", "TOPICLEN"},
            differing,
        )

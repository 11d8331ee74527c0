"""Tests of names of four-byte characters, which do not fit into a line together."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import MemoryServer

NICK, OTHER = 32 * "\N{GOTHIC LETTER AHSA}", 32 * "\N{GOTHIC LETTER BAIRKAN}"
ROOM = "#" + 63 * "\N{GOTHIC LETTER GIBA}"
REALNAME = 100 * "\N{GOTHIC LETTER DAGS}"


class WidestTests(SynchronousTestCase):
    """What is asked about them."""

    def test_answers(self) -> None:
        """Every reply has whole lines, with as much of the names as fits."""
        server = MemoryServer()
        client, other = server.connectIrc(), server.irc(OTHER)
        client.send("CAP REQ :userhost-in-names multi-prefix", f"NICK {NICK}", f"USER {16 * 'u'} 0 * :{REALNAME}")
        client.send("CAP END")
        client.skip()
        other.send(f"AWAY :{REALNAME}")
        for line, codes in (
            (f"JOIN {ROOM}", "JOIN 353 366"),
            (f"TOPIC {ROOM} :x", "TOPIC"),
            (f"TOPIC {ROOM}", "332 333"),
            (f"WHO {ROOM}", "352 315"),
            (f"WHO {NICK}", "352 315"),
            (f"WHO {ROOM} %tcuihsnfdlaor,1", "354 315"),
            (f"WHOIS {NICK}", "311 319 312 378 338 379 317 318"),
            (f"WHOIS {OTHER}", "311 312 301 317 318"),
            (f"NAMES {ROOM}", "353 366"),
            (f"MODE {ROOM}", "324 329"),
            (f"MODE {ROOM} +b x!*@*", "MODE"),
            (f"MODE {ROOM} b", "367 368"),
            (f"KICK {ROOM} {OTHER} :x", "441"),
            ("LIST", "321 322 323"),
            (f"USERHOST {NICK} {OTHER}", "302"),
            (f"ISON {NICK} {OTHER}", "303"),
            (f"MONITOR + {NICK}", "730"),
            (f"PRIVMSG {OTHER} :hi", "301"),
            (f"INVITE {OTHER} {ROOM}", "341 301"),
        ):
            client.send(line)
            lines = client.lines()
            self.assertEqual(codes, " ".join(line.split(" ")[1] for line in lines), line)
            for answer in lines:
                self.assertLessEqual(len(answer.encode()), 510)

"""A real server with the defaults: every limit applies to everyone."""

from __future__ import annotations

import re
import socket

from tests.test_daemon import LISTEN, TWISTD, DaemonTestCase

IRC = ("--irc", "tcp:0:interface=127.0.0.1")

INVITATION = re.compile(r"The irc door is open: irssi -c 127\.0\.0\.1 -p (\d+)")


class DefaultLimitsTests(DaemonTestCase):
    """Tests with clients of a server in the foreground."""

    def setUp(self) -> None:
        """Start the server."""
        super().setUp()
        _, output, self.line = self.start(*TWISTD, "-n", "twistchat", "--journal", "memory", *LISTEN, *IRC)
        found = INVITATION.search(output.text)
        assert found is not None, output.text
        self.irc = int(found[1])

    def test_throttledTwice(self) -> None:
        """
        An IRC client that is throttled several times in a row gets an answer to its last line, and the server notices
        its end.
        """
        watcher = self.person(self.line, "watcher")
        bob = self.connect(self.irc)
        bob.send("NICK bob", "USER bob 0 * :bob", "JOIN #lobby")
        bob.until(" 366 ")
        bob.send(*["TIME"] * 8)
        for _ in range(8):
            bob.until(" 391 ")
        bob.send("PING last")
        bob.until(re.compile(r"PONG \S+ :?last"))
        bob.send(*["TIME"] * 4)
        bob.socket.close()
        watcher.until("* bob quit (connection lost)")

    def test_floodOfBlankLines(self) -> None:
        """Blank lines end a connection to the line door.  The client gets a message, and others are not affected."""
        eve = self.person(self.line, "eve")
        eve.send(*[""] * 20_000)
        eve.until("! You sent too many blank lines")
        self.assertEqual([], eve.rest())
        self.person(self.line, "alice").send("hello")

    def test_webPage(self) -> None:
        """A browser that a web page sends here is disconnected at both doors, and nothing that it sent takes effect."""
        watcher = self.person(self.line, "watcher")
        body = "NICK eve\r\nUSER eve 0 * :eve\r\nJOIN #lobby\r\nPRIVMSG #lobby :spam\r\neve\r\nspam\r\n"
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        for port in (self.line, self.irc):
            with socket.create_connection(("127.0.0.1", port), 10) as browser:
                browser.sendall((head + body).encode())
                answer = b""
                try:
                    while data := browser.recv(4096):
                        answer += data
                except ConnectionResetError:
                    pass  # the server closed before it read everything
            self.assertNotIn(b"eve", answer)
        self.person(self.line, "alice")
        watcher.until("* alice joined #lobby")
        self.assertNotIn("eve", watcher.text)

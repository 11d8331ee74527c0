"""A real server sends the code for an account to a real mail server, over loopback."""

from __future__ import annotations

import re
import socket
from email import message_from_bytes
from email.policy import SMTP

from tests.net.listening.authorities import identify
from tests.services.mail.servers import MailServer
from tests.test_daemon import PATIENCE, TWISTD, DaemonTestCase, Reader

CONFIGURATION = """
[mail]
host = "localhost"
port = {port}
user = "chat"
password = "hunter2"
sender = "chat@example.org"
"""

OPEN = re.compile(r"The irc door is open: irssi -c 127\.0\.0\.1 -p (\d+)")


class IrcPerson(Reader):
    """A client with a real connection to the IRC door."""

    def __init__(self, port: int, nick: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        super().__init__(self.socket.fileno())
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(" 001 ")

    def send(self, *lines: str) -> None:
        """Send lines."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())


class MailTests(DaemonTestCase):
    """C{twistd -n twistchat} with a mail server."""

    def setUp(self) -> None:
        super().setUp()
        identity = identify("localhost")
        (self.directory / "authority.pem").write_bytes(identity.certificate)
        self.environment["SSL_CERT_FILE"] = str(self.directory / "authority.pem")
        self.mails = MailServer(identity, implicit=False)
        self.addCleanup(self.mails.stop)
        (self.directory / "twistchat.toml").write_text(CONFIGURATION.format(port=self.mails.port))

    def code(self) -> str:
        """Wait for a mail to Alice, and return the code in it."""
        taken = self.mails.arrivals.get(timeout=PATIENCE)
        self.assertEqual((True, ["alice@example.com"]), (taken.isEncrypted, taken.envelope.rcpt_tos))
        text = message_from_bytes(taken.envelope.original_content or b"", policy=SMTP).get_content()
        found = re.search(r"^The code .* is (\S+)\r?$", text, re.MULTILINE)
        assert found is not None, text
        self.assertIn("twistchat.local", text)
        return found[1]

    def test_codes(self) -> None:
        """Alice registers, gets a code, and is logged in with it.  A second code sets a new password."""
        process, output, _ = self.start(
            *TWISTD, "-n", "twistchat", "--line", "tcp:0:interface=127.0.0.1", "--irc", "tcp:0:interface=127.0.0.1"
        )
        found = OPEN.search(output.text)
        assert found is not None
        port = int(found[1])
        alice = IrcPerson(port, "alice")
        self.addCleanup(alice.socket.close)
        alice.send("PRIVMSG NickServ :REGISTER battery-staple alice@example.com")
        code = self.code()
        alice.send("PRIVMSG NickServ :VERIFY wrong-code", f"PRIVMSG NickServ :VERIFY alice {code}")
        alice.until("The mail address of alice is verified")
        alice.until(" 900 ")
        bob = IrcPerson(port, "bob")
        self.addCleanup(bob.socket.close)
        bob.send("PRIVMSG NickServ :RESETPASS alice")
        code = self.code()
        bob.send(f"PRIVMSG NickServ :SETPASS alice {code} correct-horse")
        bob.until("alice has a new password")
        bob.send("PRIVMSG NickServ :IDENTIFY alice battery-staple", "PRIVMSG NickServ :IDENTIFY alice correct-horse")
        bob.until(" 900 ")
        process.terminate()
        self.ended(process, output)
        for secret in ("hunter2", code, "battery-staple", "correct-horse"):
            self.assertNotIn(secret, output.text)

"""A backup of a real server, under the default limits, and a server that starts with it elsewhere."""

from __future__ import annotations

import re
import subprocess

from tests.test_administration import IRC, TWISTCHAT, AdministrationTestCase
from tests.test_daemon import LISTEN, PATIENCE, TWISTD, Person

DOORS = (*LISTEN, "--irc", "tcp:0:interface=127.0.0.1")


class BackupTests(AdministrationTestCase):
    """C{twistchat backup} and C{twistchat restore} beside C{twistd -n twistchat}."""

    def twistchat(self, *arguments: str) -> str:
        """Return the output of a command, which succeeds."""
        run = self.finish(*TWISTCHAT, *arguments)
        self.assertEqual((0, ""), (run.returncode, run.stderr), run.stdout)
        return run.stdout

    def serve(self, *options: str) -> tuple[subprocess.Popen[bytes], int]:
        """Start a server, and return the port of its IRC door."""
        process, output, _ = self.start(*TWISTD, "-n", "twistchat", *DOORS, *options)
        return process, int((IRC.search(output.text) or output.until(IRC))[1])

    def irc(self, port: int, nick: str) -> Person:
        """Connect an IRC client, and enter a room."""
        client = self.connect(port)
        client.send("CAP REQ :batch draft/chathistory server-time message-tags", f"NICK {nick}", f"USER {nick} 0 * :x")
        client.send("CAP END")
        client.until(" 001 ")
        client.send("JOIN #tea")
        client.until(" 366 ")
        return client

    def test_restored(self) -> None:
        """
        A running server is backed up and killed.  A server with the restored backup has the texts, the accounts, and
        their passwords.
        """
        self.account("create", "alice", "--admin", password="correcthorse")
        process, port = self.serve()
        client = self.irc(port, "bob")
        client.send("PRIVMSG #tea :the kettle is on", "PING :1")
        client.until(" PONG ")
        said = self.twistchat("backup")
        found = re.search(r"^(\S+/twistchat-data/backups/journal-\S+Z\.sqlite) has the journal, [\d,]+ bytes", said)
        assert found is not None, said
        client.send("PRIVMSG #tea :this is too late", "PING :2")
        client.until(" PONG ")
        process.kill()
        process.wait(PATIENCE)
        self.assertIn(
            "is the journal now, restored from", self.twistchat("restore", "--data", "other", "twistchat-data/backups")
        )
        _, port = self.serve("--data", "other")
        client = self.irc(port, "carol")
        client.send("CHATHISTORY LATEST #tea * 10", "PING :3")
        client.until("the kettle is on")
        client.until(" PONG ")
        self.assertNotIn("too late", client.text)
        client.send("PRIVMSG NickServ :IDENTIFY alice wronghorse")
        client.until("NOTICE")
        self.assertNotIn("You are logged in", client.text)
        client.send("PRIVMSG NickServ :IDENTIFY alice correcthorse")
        client.until("You are logged in")
        self.assertIn("administrator", self.account("show", "alice", "--data", "other"))

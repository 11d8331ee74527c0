"""irssi and WeeChat in terminals: start them, connect, type, and read their output."""

from __future__ import annotations

import re
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from smoke import ANSWER, HOST, Failed
from terminals import TICK, Terminals


class Login(NamedTuple):
    """
    How a client logs in, with the account of its nick.

    @ivar mechanism: a SASL mechanism, in the client's spelling.
    """

    mechanism: str
    password: str


class ChatClient(ABC):
    """
    A client in a terminal.

    @ivar name: the user's nick.
    @ivar home: the client's folder.
    @ivar login: how it logs in; C{None} for a guest.
    """

    def __init__(self, terminals: Terminals, name: str, home: Path, login: Login | None = None) -> None:
        self.name = name
        self.home = home
        self.login = login
        self._terminals = terminals
        self._looked: dict[Path, int] = {}

    @abstractmethod
    def start(self) -> None:
        """Start the client, so that it logs everything at once and does not delay what it sends."""

    @abstractmethod
    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """
        Connect.

        @return: the requested and the granted capabilities, from its raw log.
        """

    def say(self, line: str) -> None:
        """Type a line."""
        self._terminals.type(self.home.name, line)

    def sees(self, place: str, pattern: str) -> str:
        """
        Wait for a matching line in the log of a place, after the last one waited for there.

        @param place: a channel, or the nick of the other user in a private conversation.
        @return: the line.
        """
        return self.reads(self.logOf(place), pattern)

    def reads(self, log: Path, pattern: str) -> str:
        """Wait for a matching line in a log, after the last one waited for there."""
        deadline = time.monotonic() + ANSWER
        while True:
            text = log.read_text("utf-8", "backslashreplace") if log.exists() else ""
            begin = self._looked.get(log, 0)
            for line in text[begin:].splitlines(keepends=True):
                begin += len(line)
                if line.endswith("\n") and re.search(pattern, line):
                    self._looked[log] = begin
                    return line
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} was to see /{pattern}/ in {log.name} within {ANSWER:.0f} s, and did not")
            time.sleep(TICK)

    def shows(self, pattern: str) -> str:
        """Wait for a matching line on the screen, and return the last one."""
        deadline = time.monotonic() + ANSWER
        while True:
            lines = [line for line in self.screen().splitlines() if re.search(pattern, line)]
            if lines:
                return lines[-1]
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} was to have /{pattern}/ on the screen within {ANSWER:.0f} s, and did not")
            time.sleep(TICK)

    def seesTheEnd(self) -> None:
        """Wait until the client has ended."""
        deadline = time.monotonic() + ANSWER
        while self._terminals.runs(self.home.name):
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}'s client still runs {ANSWER:.0f} s after /quit")
            time.sleep(TICK)

    def screen(self) -> str:
        """Return the text on the screen."""
        return self._terminals.screen(self.home.name)

    @abstractmethod
    def logOf(self, place: str) -> Path:
        """Return the log of a place."""

    def transcript(self) -> str:
        """Return the ends of all logs, and the screen."""
        parts = [f"{log.name}:\n{_end(log.read_text('utf-8', 'backslashreplace'))}" for log in self.logs()]
        return "\n".join([f"--- {self.name}, logs in {self.home}", *parts, "on the screen:", _end(self.screen())])

    def logs(self) -> list[Path]:
        """Return all logs."""
        return sorted(path for path in (self.home / "logs").rglob("*") if path.is_file())


class Irssi(ChatClient):
    """
    irssi.

    @ivar raw: its log of all lines in both directions.
    """

    def __init__(self, terminals: Terminals, name: str, home: Path, login: Login | None = None) -> None:
        super().__init__(terminals, name, home, login)
        self.raw = home / "logs" / "raw"

    def start(self) -> None:
        """See L{ChatClient.start}."""
        self.raw.parent.mkdir(parents=True)
        sasl = ""
        if self.login is not None:
            mechanism, password = self.login
            sasl = f'sasl_mechanism = "{mechanism}"; sasl_username = "{self.name}"; sasl_password = "{password}";'
        (self.home / "config").write_text(
            f"""chatnets = {{ ex = {{ type = "IRC"; {sasl} }}; }};
            settings = {{
                core = {{ nick = "{self.name}"; user_name = "irssi"; real_name = "Irssi"; }};
                "irc/core" = {{ cmd_queue_speed = "10msec"; }};
                "fe-text" = {{ paste_verify_line_count = "0"; }};
                "fe-common/core" = {{ autolog = "yes"; autolog_level = "all"; autolog_path = "{self.home}/logs/$0"; }};
            }};"""
        )
        self._terminals.start(self.home.name, ["irssi", f"--home={self.home}"])
        self.shows("Irssi v")

    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """See L{ChatClient.connect}."""
        self.say(f"/connect -network ex {'-tls -notls_verify' if tls else '-notls'} {HOST} {port}")
        if self.login is not None:
            self.shows("SASL authentication succeeded")
        self.shows("Mode change .* for user ann")
        self.say(f"/rawlog open {self.raw}")
        asked = self.reads(self.raw, "^<< CAP REQ ")
        granted = self.reads(self.raw, "^>> .* CAP .* (ACK|NAK) ")
        return asked.partition(" REQ ")[2], granted.partition(" ACK ")[2]

    def logOf(self, place: str) -> Path:
        """See L{ChatClient.logOf}."""
        return self.home / "logs" / place


SETTINGS = (
    "logger.file.flush_delay 0",
    "irc.server_default.anti_flood_prio_high 0",
    "irc.server_default.anti_flood_prio_low 0",
    'irc.server_default.capabilities "*"',
)
"""How WeeChat writes its logs at once, sends as fast as one types, and asks for all that it knows of."""


class WeeChat(ChatClient):
    """WeeChat."""

    def start(self) -> None:
        """See L{ChatClient.start}."""
        version = subprocess.run(("weechat", "--version"), capture_output=True, text=True, check=True).stdout
        self._tls = "ssl" if int(version.split(".")[0]) < 4 else "tls"
        self._terminals.start(
            self.home.name,
            [
                "weechat",
                "--dir",
                str(self.home),
                "--run-command",
                ";".join([f"/set {option}" for option in SETTINGS]),
            ],
        )
        log = self.home / "logs" / "core.weechat.weechatlog"
        self.reads(log, "irc.server_default.capabilities = ")
        # What is typed before it has taken over the terminal is lost.
        deadline = time.monotonic() + ANSWER
        while time.monotonic() < deadline:
            self.say("/print it listens")
            time.sleep(0.5)
            if log.read_text("utf-8", "backslashreplace").endswith("\tit listens\n"):
                return
        raise Failed(f"{self.name}'s WeeChat did not take what was typed within {ANSWER:.0f} s")

    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """See L{ChatClient.connect}."""
        for line in (
            f"/server add ex {HOST}/{port} -{'' if tls else 'no'}{self._tls} -nicks={self.name} -username=weechat",
            f"/set irc.server.ex.{self._tls}_verify off",
            *self._saslSettings(),
            "/connect ex",
        ):
            self.say(line)
        self._awaitWelcome()
        self.say("/server raw")
        asked = self.shows(r"<-- ex .* CAP REQ :")
        granted = self.shows(r"--> ex .* CAP .* (ACK|NAK) :")
        self.say("/buffer irc.server.ex")
        return asked.partition(" REQ ")[2], granted.partition(" ACK ")[2]

    def reconnect(self, login: Login) -> None:
        """Connect again, and log in in another way.  WeeChat joins its channels again."""
        self.login = login
        for line in (*self._saslSettings(), "/reconnect ex"):
            self.say(line)
        self._awaitWelcome()

    def logOf(self, place: str) -> Path:
        """See L{ChatClient.logOf}."""
        return self.home / "logs" / f"irc.ex.{place}.weechatlog"

    def _saslSettings(self) -> list[str]:
        if self.login is None:
            return []
        settings = {"mechanism": self.login.mechanism, "username": self.name, "password": self.login.password}
        return [f"/set irc.server.ex.sasl_{name} {value}" for name, value in settings.items()]

    def _awaitWelcome(self) -> None:
        log = self.home / "logs" / "irc.server.ex.weechatlog"
        if self.login is not None:
            self.reads(log, "SASL authentication successful")
        self.reads(log, "no message of the day")


def _end(text: str) -> str:
    """Return the last lines of a text, without wide gaps and empty lines, and with unprintable characters escaped."""
    lines = [
        re.sub(" {3,}", "  ", line) for line in text.splitlines() if line.strip(" \N{BOX DRAWINGS LIGHT VERTICAL}")
    ]
    return "\n".join(f"  | {ascii(line)[1:-1][:200]}" for line in lines[-15:])

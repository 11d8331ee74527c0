#!/usr/bin/env python3
"""
Start a server as a user would, and let irssi, WeeChat and a person at the line door talk there.

C{clients.py COMMAND...}: in the command C{{port}}, C{{irc}} and C{{tls}} become free ports; with the last it is to use
the files C{key.pem} and C{cert.pem}, which are made here.  The server is started in the current folder, and the clients
have their homes and their logs there.  They run in a tmux of their own, and are typed into as people type.

There are two rounds: in each, one client comes over TCP and the other over TLS.  What anyone is to see is looked for in
what the client wrote into its logs, or has on its screen.  Every wait is bounded, and no process outlives this one.
Needs irssi, weechat, tmux and openssl, and of Python the standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from smoke import ANSWER, HOST, Failed, Person, Server, bySocket, ended

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("irssi", "weechat", "tmux", "openssl")

BOUND = 90
"""Seconds for all of it."""

TICK = 0.05
"""Seconds until it is looked again."""

SCREEN = ("-x", "400", "-y", "100")
"""Wide enough that no line is broken."""

LOBBY = "#lobby"

HELLO = "héllo from {} ☕: :) \N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT}"
"""What each says first."""

ASKED = frozenset({"away-notify", "chghost", "extended-join", "multi-prefix", "server-time"})
"""Capabilities that every irssi and WeeChat of these years asks for where they are offered."""


class Terminals:
    """A tmux server of our own, a session for each client."""

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        self._environment = {
            **environment,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TERM": "screen",
            "TMUX_TMPDIR": str(folder),
        }
        self._pids: dict[str, int] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a program at a terminal."""
        self._tmux("-f", "/dev/null", "new-session", "-d", *SCREEN, "-s", name, f"exec {shlex.join(command)}")
        self._pids[name] = int(self._tmux("list-panes", "-t", name, "-F", "#{pane_pid}"))

    def type(self, name: str, line: str) -> None:
        """Type a line, and the key that sends it."""
        self._tmux("send-keys", "-t", name, "-l", line)
        self._tmux("send-keys", "-t", name, "Enter")

    def screen(self, name: str) -> str:
        """What is to be seen there; nothing where the program has ended."""
        return self._tmux("capture-pane", "-p", "-t", name) if self.runs(name) else ""

    def runs(self, name: str) -> bool:
        """Whether that program still runs."""
        runs = name in self._tmux("list-sessions", "-F", "#{session_name}", check=False).split()
        if not runs:
            self._pids.pop(name, None)
        return runs

    def close(self) -> None:
        """End them all, for certain."""
        self._tmux("kill-server", check=False)
        deadline = time.monotonic() + ANSWER
        while (left := [pid for pid in self._pids.values() if _lives(pid)]) and time.monotonic() < deadline:
            time.sleep(TICK)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ("tmux", "-u", "-L", "clients", *arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER,
            check=False,
        )
        if check and done.returncode:
            raise Failed(f"tmux {arguments[0]} says: {done.stderr.strip()}")
        return done.stdout


class ChatClient(ABC):
    """
    A client at a terminal, and the person before it.

    @ivar name: what they are called.
    @ivar home: the client's own folder, which has a name of its own.
    """

    def __init__(self, terminals: Terminals, name: str, home: Path) -> None:
        self.name = name
        self.home = home
        self._terminals = terminals
        self._looked: dict[Path, int] = {}

    @abstractmethod
    def start(self) -> None:
        """Start it, so that it logs everything at once, and sends as fast as one types."""

    @abstractmethod
    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """
        Connect.

        @return: which capabilities it asked for, and which it was granted, as its raw log shows them.
        """

    def say(self, line: str) -> None:
        """Type a line."""
        self._terminals.type(self.home.name, line)

    def sees(self, place: str, pattern: str) -> str:
        """
        Wait for a line in the log of a place, after the last one waited for there, that matches.

        @param place: a channel, or the nick of who talks with them alone.
        @return: the line.
        """
        return self.reads(self.logOf(place), pattern)

    def reads(self, log: Path, pattern: str) -> str:
        """Wait for a line in a log, after the last one waited for there, that matches."""
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
        """Wait for a line on the screen that matches, and give the last of them."""
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
        """What is to be seen."""
        return self._terminals.screen(self.home.name)

    @abstractmethod
    def logOf(self, place: str) -> Path:
        """Where the client logs a place."""

    def transcript(self) -> str:
        """What they saw: the ends of all logs, and the screen."""
        parts = [f"{log.name}:\n{_end(log.read_text('utf-8', 'backslashreplace'))}" for log in self.logs()]
        return "\n".join([f"--- {self.name}, logs in {self.home}", *parts, "on the screen:", _end(self.screen())])

    def logs(self) -> list[Path]:
        """Every log that there is."""
        return sorted(path for path in (self.home / "logs").rglob("*") if path.is_file())


class Irssi(ChatClient):
    """
    irssi.

    @ivar raw: its log of what it sends and is sent.
    """

    def __init__(self, terminals: Terminals, name: str, home: Path) -> None:
        super().__init__(terminals, name, home)
        self.raw = home / "logs" / "raw"

    def start(self) -> None:
        """See L{ChatClient.start}."""
        self.raw.parent.mkdir(parents=True)
        (self.home / "config").write_text(
            f"""settings = {{
                core = {{ nick = "{self.name}"; user_name = "irssi"; real_name = "Irssi"; }};
                "irc/core" = {{ cmd_queue_speed = "10msec"; }};
                "fe-common/core" = {{ autolog = "yes"; autolog_level = "all"; autolog_path = "{self.home}/logs/$0"; }};
            }};"""
        )
        self._terminals.start(self.home.name, ["irssi", f"--home={self.home}"])
        self.shows("Irssi v")

    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """See L{ChatClient.connect}."""
        self.say(f"/connect {'-tls -notls_verify' if tls else '-notls'} {HOST} {port}")
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
        self.reads(self.home / "logs" / "core.weechat.weechatlog", "irc.server_default.capabilities = ")

    def connect(self, port: int, tls: bool) -> tuple[str, str]:
        """See L{ChatClient.connect}."""
        for line in (
            f"/server add ex {HOST}/{port} -{'' if tls else 'no'}{self._tls} -nicks={self.name} -username=weechat",
            f"/set irc.server.ex.{self._tls}_verify off",
            "/connect ex",
        ):
            self.say(line)
        self.reads(self.home / "logs" / "irc.server.ex.weechatlog", "no message of the day")
        self.say("/server raw")
        asked = self.shows(r"<-- ex .* CAP REQ :")
        granted = self.shows(r"--> ex .* CAP .* (ACK|NAK) :")
        self.say("/buffer irc.server.ex")
        return asked.partition(" REQ ")[2], granted.partition(" ACK ")[2]

    def logOf(self, place: str) -> Path:
        """See L{ChatClient.logOf}."""
        return self.home / "logs" / f"irc.ex.{place}.weechatlog"


def comeIn(client: ChatClient, port: int, tls: bool, others: list[ChatClient], cat: Person) -> None:
    """Start, connect and join; what the client asks for it is granted."""
    client.start()
    asked, granted = (frozenset(words.strip().lstrip(":").split()) for words in client.connect(port, tls))
    if asked != granted or not granted >= ASKED:
        raise Failed(f"{client.name} asked for {sorted(asked)}, and was granted {sorted(granted)}")
    print(f"clients: {client.name}, over {'TLS' if tls else 'TCP'}: {' '.join(sorted(granted))}")
    client.say(f"/join {LOBBY}")
    for person in (client, *others):
        person.sees(LOBBY, rf"\b{client.name} .*has joined {LOBBY}")
    cat.sees(rf"^\* {client.name} joined {LOBBY}$")


def talk(ann: ChatClient, wes: ChatClient, cat: Person) -> None:
    """Each says something and does something, and all see it."""
    for speaker in (ann, wes, cat):
        text = HELLO.format(speaker.name)
        speaker.say(text)
        speaker.say("/me waves")
        for reader in (ann, wes):
            reader.sees(LOBBY, rf"\b{speaker.name}\b.*{re.escape(text)}$")
            reader.sees(LOBBY, rf" \*\s+{speaker.name} waves$")
        if speaker is not cat:
            cat.sees(rf"^\[\d\d:\d\d\] <{speaker.name}> {re.escape(text)}$")
            cat.sees(rf"^\[\d\d:\d\d\] \* {speaker.name} waves$")


def govern(ann: ChatClient, wes: ChatClient, cat: Person) -> None:
    """Modes, a topic and a kick."""
    cat.say("/mode +o ann")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\[\+o ann\] by cat$")
    cat.sees(rf"^\* cat set \+o ann on {LOBBY}$")
    ann.say(f"/mode {LOBBY} +v wes")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\[\+v wes\] by ann$")
    cat.sees(rf"^\* ann set \+v wes on {LOBBY}$")
    ann.say(f"/topic {LOBBY} tea at four: ☕")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\bann .*topic .*tea at four: ☕")
    cat.sees(rf"^\* ann set the topic of {LOBBY} to: tea at four: ☕$")
    ann.say(f"/kick {LOBBY} wes too loud")
    wes.sees(LOBBY, r"\bann .*kicked.* \(too loud\)$")
    ann.sees(LOBBY, r"\bwes was kicked .*by ann \[too loud\]$")
    cat.sees(rf"^\* ann kicked wes from {LOBBY} \(too loud\)$")
    wes.say(f"/join {LOBBY}")
    wes.sees(LOBBY, r"[Tt]opic .*tea at four: ☕")
    ann.sees(LOBBY, r"\bwes .*has joined")
    cat.sees(rf"^\* wes joined {LOBBY}$")


def talkApart(ann: Irssi, wes: ChatClient, cat: Person) -> None:
    """Private texts in all directions, and to somebody who is away."""
    ann.say("/msg wes psst")
    wes.sees("ann", r"\bann\b.*\spsst$")
    wes.say("/msg ann what?")
    ann.sees("wes", r"<wes> what\?$")
    cat.say("/msg ann purr")
    ann.sees("cat", r"<cat> purr$")
    ann.say("/msg cat good cat")
    cat.sees(r"^\[\d\d:\d\d\] @cat <ann> good cat$")
    wes.say("/away out to lunch")
    ann.reads(ann.raw, r":wes!\S+ AWAY :out to lunch")
    ann.say("/query wes")
    ann.say("there?")
    ann.sees("wes", "wes is away: out to lunch$")
    wes.sees("ann", r"\bann\b.*\sthere\?$")
    wes.say("/away")
    ann.reads(ann.raw, r":wes!\S+ AWAY\s*$")


def leave(ann: ChatClient, wes: ChatClient, cat: Person) -> None:
    """Another name; and they go."""
    wes.say("/nick west")
    for reader in (ann, wes):
        reader.sees(LOBBY, "known as west$")
    cat.sees(r"^\* wes is now west$")
    wes.say("/quit so long")
    ann.sees(LOBBY, r"\bwest .*has quit [(\[]Quit: so long[)\]]$")
    cat.sees(r"^\* west quit \(Quit: so long\)$")
    wes.seesTheEnd()
    ann.say("/quit and thanks")
    cat.sees(r"^\* ann quit \(Quit: and thanks\)$")
    ann.seesTheEnd()


@contextlib.contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Let what takes too long fail."""

    def tooLong(number: int, frame: object) -> NoReturn:
        raise Failed(f"that took more than {seconds} s")

    signal.signal(signal.SIGALRM, tooLong)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def certify() -> None:
    """Make a certificate that nobody has signed."""
    openssl = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}")
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    done = subprocess.run((*openssl, *files), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"clients: FAILED: openssl made no certificate: {done.stderr}")


def _end(text: str) -> str:
    """The last lines of a text, without wide gaps and empty lines, and with everything unprintable escaped."""
    lines = [
        re.sub(" {3,}", "  ", line) for line in text.splitlines() if line.strip(" \N{BOX DRAWINGS LIGHT VERTICAL}")
    ]
    return "\n".join(f"  | {ascii(line)[1:-1][:200]}" for line in lines[-15:])


def _lives(pid: int) -> bool:
    """Whether a process is there, and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="Start a chat server, and let irssi and WeeChat talk there.")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the server; {port}, {irc}, {tls} become free ports")
    command = parser.parse_args().command
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        parser.error("no command to start the server with")
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        parser.error(f"these are missing: {', '.join(missing)}")
    if any(Path.cwd().iterdir()):
        parser.error("run this in an empty folder")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ended)

    certify()
    people: list[Person | ChatClient] = []
    server = Server(command)
    terminals = Terminals(Path.cwd())
    try:
        with bounded(BOUND):
            server.waitUntilItListens(20.0)
            with bySocket("cat", server.port) as cat:
                people.append(cat)
                cat.comeIn()
                for turn, annByTls in enumerate((False, True)):
                    ann = Irssi(terminals, "ann", Path.cwd() / f"irssi{turn}")
                    wes = WeeChat(terminals, "wes", Path.cwd() / f"weechat{turn}")
                    people[1:] = [ann, wes]
                    comeIn(ann, server.ports["tls" if annByTls else "irc"], annByTls, [], cat)
                    comeIn(wes, server.ports["irc" if annByTls else "tls"], not annByTls, [ann], cat)
                    for part in (talk, govern, talkApart, leave):
                        part(ann, wes, cat)
            server.stop()
            server.waitUntilItEnded()
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"clients: FAILED: {error}", "what they saw:", *(person.transcript() for person in people), sep="\n")
        print(f"what {shlex.join(command)} wrote, its last lines:", *server.log().splitlines()[-40:], sep="\n")
        return 1
    finally:
        terminals.close()
        server.kill()
    print("clients: irssi, WeeChat and a person at the line door talked, over TCP and TLS, and the server ended well")
    return 0


if __name__ == "__main__":
    sys.exit(main())

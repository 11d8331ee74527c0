"""The measured servers: twistchat's doors and the servers they are compared with, and how to start each."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.protocols import ChatProtocol, Irc, Line, Plain
from bench.servers import TWISTD, NotStarted
from bench.websocket import WebSocket

PEERS = Path(__file__).parent / "peers"

UVLOOP = "import asyncio, uvloop; asyncio.set_event_loop_policy(uvloop.EventLoopPolicy()); "
"""The code that runs before C{twistd} to make asyncio use uvloop."""

VERSIONS = (
    "import platform, pathlib, twisted, twistchat; print(pathlib.Path(twistchat.__file__).resolve().parent); "
    "print(f'{twistchat.__version__}, Twisted {twisted.__version__}, Python {platform.python_version()}')"
)
"""The code that prints the folder of the imported twistchat, and then the versions."""

SEND_QUEUE = "256MiB"
"""The send queue of a connection to twistchat: in a burst, the load generator is the slow reader."""


class Contestant(ABC):
    """
    A server to measure.

    @ivar name: its name in options and results.
    @ivar title: its name in tables.
    @ivar protocol: the protocol that clients speak to it.
    @ivar slow: whether a whole burst would take minutes.
    @ivar maxConnections: the maximum number of connections, or C{None}.
    @ivar backlog: how many unaccepted connections the kernel queues for it.
    """

    name: str
    title: str
    protocol: ChatProtocol
    slow: bool = False
    maxConnections: int | None = None
    backlog: int = 1024

    @abstractmethod
    def unavailable(self) -> str | None:
        """Why it cannot start here; C{None} if it can."""

    @abstractmethod
    def command(self, folder: Path, port: int) -> list[str]:
        """
        Prepare the server's files, and return its command.

        @param folder: an empty folder, its working directory.
        @param port: the port to listen at, on 127.0.0.1.
        @return: the command that starts it in the foreground.
        """

    def version(self) -> str:
        """Its version, if known; otherwise empty."""
        return ""


@dataclass(frozen=True)
class Ours(Contestant):
    """
    C{twistd -n twistchat}, with one door.

    @ivar door: the door's name.
    @ivar journal: the kind of journal.
    @ivar reactor: the name of Twisted's reactor.  C{uvloop} is the asyncio reactor on that loop; C{""} is the default.
    @ivar python: the command that runs the Python interpreter in which this version of twistchat is installed.
    """

    name: str
    title: str
    door: str
    protocol: ChatProtocol
    journal: str = "memory"
    reactor: str = ""
    python: tuple[str, ...] = (sys.executable,)

    def unavailable(self) -> str | None:
        """Without uvloop, the server on uvloop is unavailable."""
        if self.reactor == "uvloop" and not importlib.util.find_spec("uvloop"):
            return "uvloop is not installed"
        return None

    def command(self, folder: Path, port: int) -> list[str]:
        """Start it as the README does, but without limits and pings."""
        uvloop = self.reactor == "uvloop"
        reactor = [f"--reactor={'asyncio' if uvloop else self.reactor}"] if self.reactor else []
        return [
            *(*self.python, "-c", (UVLOOP if uvloop else "") + TWISTD, *reactor, "-n", "--pidfile=", "twistchat"),
            f"--{self.door}=tcp:{port}:interface=127.0.0.1:backlog=1024",
            *(f"--journal={self.journal}", "--data=data"),
            *('--set=limits.exempt=["127.0.0.0/8"]', f'--set=limits.sendq="{SEND_QUEUE}"'),
            *('--set=limits.ping="1h"', '--set=limits.pingTimeout="2h"'),
        ]

    def version(self) -> str:
        """The versions of twistchat, Twisted and Python, and the commit if there is one."""
        done = subprocess.run([*self.python, "-c", VERSIONS], capture_output=True, text=True, check=False)
        folder, _, versions = done.stdout.strip().partition("\n")
        describe = ["git", "-C", folder, "describe", "--always", "--dirty"]
        commit = subprocess.run(describe, capture_output=True, text=True, check=False).stdout.strip()
        return f"{versions}, commit {commit}" if commit else versions

    def of(self, checkout: str, folder: Path) -> Ours:
        """
        Return the same server as another checkout of this repository has it.

        @param checkout: the name of the checkout, in options and results.
        @param folder: its folder.  Its own C{.venv} has twistchat installed in editable mode.
        @raise ValueError: the folder has no such C{.venv}.  The message says what is wrong.
        """
        python = folder / ".venv/bin/python"
        if not python.exists():
            raise ValueError(f"there is no {python}")
        # -E: this process's PYTHONPATH may name this checkout.
        command = (str(python.absolute()), "-E")
        done = subprocess.run([*command, "-c", VERSIONS], capture_output=True, text=True, check=False)
        imported = Path(done.stdout.partition("\n")[0]).resolve()
        if not imported.is_relative_to(folder.resolve()):
            raise ValueError(f"{python} does not import twistchat from {folder}; run pip install -e . there")
        return replace(self, name=f"{checkout}:{self.name}", title=f"{checkout}: {self.title}", python=command)


@dataclass(frozen=True)
class Program(Contestant):
    """
    A program of L{bench.peers}, in Python.

    @ivar module: the name of its module.
    @ivar package: the package that it needs.
    """

    name: str
    title: str
    module: str
    package: str
    protocol: ChatProtocol
    slow: bool = False
    maxConnections: int | None = None

    def unavailable(self) -> str | None:
        """It needs its package."""
        return None if importlib.util.find_spec(self.package) else f"{self.package} is not installed"

    def command(self, folder: Path, port: int) -> list[str]:
        """Run the module's file, which imports nothing of twistchat."""
        return [sys.executable, str(PEERS / f"{self.module}.py"), str(port)]

    def version(self) -> str:
        """Return the version of the package that it needs."""
        if self.package in sys.stdlib_module_names:
            return f"Python {sys.version.split()[0]}"
        from importlib.metadata import version

        distribution = self.package.partition(".")[0]
        return f"{distribution} {version(distribution)}"


@dataclass(frozen=True)
class Limit(Contestant):
    """The chat in C, which is compiled at each start."""

    name: str = "limit"
    title: str = "C, nothing but recv, copy and send"
    protocol: ChatProtocol = field(default_factory=Plain)

    def unavailable(self) -> str | None:
        """It needs a C compiler."""
        return None if shutil.which("cc") else "there is no C compiler (cc)"

    def command(self, folder: Path, port: int) -> list[str]:
        """Compile it."""
        program = folder / "limit"
        build = ["cc", "-O2", "-o", str(program), str(PEERS / "limit.c")]
        done = subprocess.run(build, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotStarted(done.stderr)
        return [str(program), str(port)]


@dataclass(frozen=True)
class Installed(Contestant):
    """
    An IRC server that is installed on this machine, with a configuration of L{bench.peers}.

    @ivar program: its name, or its path.
    @ivar configuration: the name of the configuration file.  C{@PORT@} in it is replaced by the port, and C{@FOLDER@}
        by the working directory.
    @ivar arguments: its arguments.  C{@CONF@} is replaced by the path of the configuration.
    @ivar asRoot: further arguments if the benchmark runs as root.
    @ivar prepare: the arguments of a first run, before it is started.
    @ivar askVersion: the argument that prints its version.
    @ivar origin: where to get it.
    @ivar changes: texts in the configuration, and what takes their places.
    """

    name: str
    title: str
    program: str
    configuration: str
    arguments: tuple[str, ...]
    origin: str
    asRoot: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    askVersion: str = "--version"
    protocol: ChatProtocol = field(default_factory=Irc)
    backlog: int = 1024
    changes: tuple[tuple[str, str], ...] = ()

    def unavailable(self) -> str | None:
        """It needs the program."""
        return None if self._found() else f"{self.program} is not installed ({self.origin})"

    def command(self, folder: Path, port: int) -> list[str]:
        """Write the configuration, and run the preparation."""
        path = folder / self.configuration
        text = (PEERS / self.configuration).read_text()
        for before, after in self.changes:
            text = text.replace(before, after)
        path.write_text(text.replace("@PORT@", str(port)).replace("@FOLDER@", str(folder)))
        (folder / "motd").write_text("Hello\n")
        if self.prepare:
            first = [str(self._found()), *self._filled(self.prepare, path)]
            done = subprocess.run(first, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotStarted(done.stdout + done.stderr)
        rest = self.asRoot if os.geteuid() == 0 else ()
        return [str(self._found()), *self._filled(self.arguments, path), *rest]

    def version(self) -> str:
        """Return the first line of its version output."""
        done = subprocess.run([str(self._found()), self.askVersion], capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().partition("\n")[0]

    def _found(self) -> str | None:
        paths = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
        return shutil.which(self.program, path=paths)

    def _filled(self, arguments: Iterable[str], path: Path) -> list[str]:
        return [argument.replace("@CONF@", str(path)) for argument in arguments]


def contestants(ergo: str = "ergo") -> dict[str, Contestant]:
    """
    Return all servers, by name.

    @param ergo: the program of Ergo.
    """
    everyone: list[Contestant] = [
        Ours("irc", "twistchat, IRC", "irc", Irc()),
        Ours("irc-sqlite", "twistchat, IRC, SQLite", "irc", Irc(), "sqlite"),
        Ours("line", "twistchat, line door", "line", Line()),
        Ours("line-sqlite", "twistchat, line door, SQLite", "line", Line(), "sqlite"),
        Ours("web", "twistchat, WebSocket", "web", WebSocket(Irc(), "/socket")),
        Ours("irc-asyncio", "twistchat, IRC, asyncio reactor", "irc", Irc(), reactor="asyncio"),
        Ours("irc-uvloop", "twistchat, IRC, uvloop", "irc", Irc(), reactor="uvloop"),
        Limit(),
        Installed(
            *("ngircd", "ngIRCd", "ngircd", "ngircd.conf", ("-n", "-f", "@CONF@"), "Debian's package ngircd"),
            backlog=8,
        ),
        Installed(
            *("inspircd", "InspIRCd", "inspircd", "inspircd.conf"),
            ("--nofork", "--nolog", "--nopid", "--config", "@CONF@"),
            "Debian's package inspircd",
            asRoot=("--runasroot",),
        ),
        Installed(
            *("ergo", "Ergo", ergo, "ergo.yaml", ("run", "--quiet", "--conf", "@CONF@")),
            "not in Debian; https://ergo.chat",
            prepare=("initdb", "--quiet", "--conf", "@CONF@"),
        ),
        Installed(
            *("ergo-web", "Ergo, WebSocket", ergo, "ergo.yaml", ("run", "--quiet", "--conf", "@CONF@")),
            "not in Debian; https://ergo.chat",
            prepare=("initdb", "--quiet", "--conf", "@CONF@"),
            protocol=WebSocket(Irc()),
            changes=(("{}\n    casemapping", "{websocket: true}\n    enforce-utf8: true\n    casemapping"),),
        ),
        Program("words", "twisted.words", "words", "twisted.words", Irc(b"x"), slow=True),
        Program("twisted", "Twisted LineReceiver", "twisted_chat", "twisted", Plain()),
        Program("select", "select", "select_chat", "select", Plain(), slow=True, maxConnections=1000),
        Program("eventlet", "eventlet", "eventlet_chat", "eventlet", Plain(), slow=True),
        Program("gevent", "gevent", "gevent_chat", "gevent", Plain(), slow=True),
    ]
    return {contestant.name: contestant for contestant in everyone}

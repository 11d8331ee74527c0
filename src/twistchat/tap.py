"""
C{twistd twistchat}: its options, and the one place where everything is put together.

Only here the real reactor, clock and randomness are taken; they are handed down as arguments.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, NoReturn

from twisted.application.service import IService
from twisted.internet.endpoints import serverFromString
from twisted.plugin import getPlugins
from twisted.python.usage import Options as BaseOptions

import twistchat
import twisted
from twistchat.config import ConfigError, Draft, Settings
from twistchat.doors.backstage import Backstage
from twistchat.interfaces import IDoor, IJournal
from twistchat.journal.memory import MemoryJournal
from twistchat.journal.retention import Retention
from twistchat.journal.sqlite import SqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.journal.worker import ThreadWorker
from twistchat.service import ChatService, Listener, StartFailure

CONFIG = "twistchat.toml"
"""The configuration that is taken where no other is named."""


class ChatOptions(BaseOptions):
    """
    The options of C{twistd twistchat}, but for those of the doors.

    @ivar settings: what they and the configuration come to, once they have been parsed.
    """

    synopsis = "[options]"
    longdesc = (
        "A multi-user chat server: one journal, many doors.  With no option at all it listens on this machine only, "
        "and logs what to paste to reach it.  Options override the configuration file.  An ENDPOINT is a Twisted "
        "server endpoint, as in tcp:6623:interface=127.0.0.1; naming one for any door replaces all default listeners."
    )
    optParameters: ClassVar = [
        ["config", None, None, f"Read the configuration from this TOML file.  [default: {CONFIG}, if it is there]"],
        ["data", None, None, "Keep data in this directory.  [default: ./twistchat-data]"],
        ["journal", None, None, "Where what is said is kept: memory (gone with the process) or sqlite."],
    ]

    doors: Iterable[IDoor] = ()
    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self._assignments: list[str] = []
        self._endpoints: dict[str, list[str]] = {}

    def opt_set(self, assignment: str) -> None:
        """Set any key of the configuration: SECTION.KEY=VALUE, VALUE as in TOML.  May be repeated."""
        self._assignments.append(assignment)

    def opt_version(self) -> NoReturn:
        """Show the versions of twistchat and Twisted, and exit."""
        print(f"twistchat {twistchat.__version__} (Twisted {twisted.__version__})")
        sys.exit(0)

    def postOptions(self) -> None:
        """Read the configuration; a mistake in it, or in an option, ends the process with one line that says so."""
        try:
            self.settings = self._read()
        except (ConfigError, OSError) as e:
            raise SystemExit(f"twistchat: {e}") from None

    def _read(self) -> Settings:
        draft = Draft([door.name for door in self.doors])
        path = self["config"]
        if path is not None or Path(CONFIG).exists():
            draft.readFile(Path(path or CONFIG).read_bytes(), path or CONFIG)
        for assignment in self._assignments:
            draft.set(assignment)
        for option, key in (("data", "server.data"), ("journal", "journal.kind")):
            if self[option] is not None:
                draft.put(key, self[option], f"--{option} {self[option]}")
        for door, descriptions in self._endpoints.items():
            draft.put(f"listen.{door}", descriptions, f"--{door}")
        settings = draft.finish()
        if self._endpoints:
            named = {door: settings.listen[door] for door in self._endpoints}
            settings = replace(settings, listen=MappingProxyType(named))
        return settings


def Options() -> ChatOptions:
    """Make the options, with one for each door that is installed."""
    doors = sorted(getPlugins(IDoor), key=lambda door: door.name)
    attributes: dict[str, Any] = {f"opt_{door.name}": _endpointOption(door) for door in doors}
    options = type("Options", (ChatOptions,), attributes | {"doors": doors})
    made: ChatOptions = options()
    return made


def _endpointOption(door: IDoor) -> Callable[[ChatOptions, str], None]:
    def option(self: ChatOptions, endpoint: str) -> None:
        self._endpoints.setdefault(door.name, []).append(endpoint)

    option.__doc__ = f"{door.summary}  Listen at this ENDPOINT; may be repeated."
    if door.defaultEndpoints:
        option.__doc__ += f"  [default: {' '.join(door.defaultEndpoints)}]"
    return option


def makeService(options: ChatOptions) -> IService:
    """
    Put the server together.

    @param options: parsed options.
    """
    from twisted.internet import reactor

    settings = options.settings
    # Timers and rates are measured on a clock that nobody sets back; nothing has been scheduled on the other yet.
    reactor.seconds = time.monotonic  # type: ignore[method-assign]
    listeners = plan(options.doors, settings)
    for listener in listeners:
        try:
            serverFromString(reactor, listener.description)
        except Exception as e:
            what = f"the {listener.door.name} door's endpoint {listener.description} cannot be read"
            raise SystemExit(f"twistchat: {what}: {e}; an endpoint is like tcp:6623:interface=127.0.0.1") from None
    if not listeners:
        raise SystemExit("twistchat: no door listens anywhere; name an endpoint, as in --line tcp:6623")
    journal = makeJournal(settings, reactor)
    prefix, numbers = secrets.token_hex(4), count(1)
    backstage = Backstage.assemble(
        settings, journal, reactor, lambda: f"{prefix}-{next(numbers)}", secrets.token_bytes(32)
    )
    sys.excepthook = _explain(sys.excepthook)
    reactor.callWhenRunning(_stopOnSignals, reactor)
    return ChatService(reactor, listeners, journal, backstage, lambda: os.geteuid() == 0)


def plan(doors: Iterable[IDoor], settings: Settings) -> list[Listener]:
    """Which door listens where: what the settings name; or, where they name nothing, each door's default."""
    return [
        Listener(door, description)
        for door in doors
        for description in (settings.listen.get(door.name, ()) if settings.listen else door.defaultEndpoints)
    ]


def makeJournal(settings: Settings, reactor: Any) -> IJournal:
    """The journal that the settings name.  One on disk has threads, which tell the reactor when they are done."""
    chosen = settings.journal
    if chosen.kind == "memory":
        return MemoryJournal(Stamp(time.time, secrets.token_hex(4)), chosen.keep)
    return SqliteJournal(
        str(Path(settings.server.data).absolute()),
        time.time,
        lambda: secrets.token_hex(4),
        lambda name: ThreadWorker(name, reactor.callFromThread),
        chosen.durability,
        chosen.keepPassing,
        Retention(reactor, time.time, chosen.retention, chosen.retentionCount),
    )


def _explain(otherwise: Callable[[type[BaseException], BaseException, TracebackType | None], Any]) -> Any:
    """Make an C{excepthook} that shows a L{StartFailure} as one line: it is the administrator's to mend, not ours."""

    def excepthook(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(value, StartFailure):
            print(f"twistchat: {value}", file=sys.stderr)
        else:
            otherwise(kind, value, traceback)

    return excepthook


def _stopOnSignals(reactor: Any) -> None:
    """
    Stop in good order, with exit status 0, on SIGTERM and SIGINT; stay on SIGHUP.

    Twisted's own runners would end by the signal once they have stopped, which a supervisor takes for a crash.
    """

    def stop(number: int, frame: object) -> None:
        reactor.callFromThread(_stopOnce, reactor)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _stopOnce(reactor: Any) -> None:
    if reactor.running:
        reactor.stop()

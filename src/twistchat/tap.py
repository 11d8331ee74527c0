"""
C{twistd twistchat}: the one place where everything is put together.

Only here the real reactor, clock and randomness are taken; they are handed down as arguments.
"""

from __future__ import annotations

import gc
import io
import os
import pwd
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from twisted.application.service import IService
from twisted.logger import Logger

from twistchat.accounts.passwords import Verifier
from twistchat.config import ConfigError, Settings, toml
from twistchat.interfaces import IDoor, IJournalKind, Journal, JournalContext
from twistchat.journal.kinds import MemoryKind, SqliteKind
from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.net.context import ServerContext
from twistchat.net.listening.endpoints import BadEndpoint, endpointOf
from twistchat.options import ChatOptions, chatOptions, installedDoors, installedJournals
from twistchat.services.service import ChatService, Listener, StartFailure
from twistchat.worker import ThreadWorker, Worker

log = Logger()

BUILT_IN = (MemoryKind(), SqliteKind())
"""The kinds of journals that come with twistchat."""


def Options() -> ChatOptions:
    """Make the options of the command."""
    return chatOptions(installedDoors(), installedJournals())


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
            endpointOf(reactor, listener.description)
        except BadEndpoint as bad:
            what = f"the {listener.door.name} door's endpoint {toml.shortened(listener.description)} cannot be used"
            raise SystemExit(f"twistchat: {toml.printable(f'{what}: {bad}')}") from None
    if not listeners:
        raise SystemExit("twistchat: no door listens anywhere; name an endpoint, as in --line tcp:6623")
    runner: Mapping[str, Any] = options.parent or {}
    kinds = installedJournals()
    if journalKind(settings, kinds).onDisk:
        giveDirectory(Path(settings.server.data).absolute(), runner.get("uid"), runner.get("gid"))
    journal = makeJournal(settings, reactor, kinds)
    prefix, numbers = secrets.token_hex(4), count(1)
    makeWorker = workers(reactor)
    passwords = Verifier(lambda: makeWorker("passwords"), settings.limits.passwordQueue)
    context = ServerContext.assemble(
        settings,
        journal.log,
        journal.history,
        reactor,
        time.time,
        lambda: f"{prefix}-{next(numbers)}",
        journal.log.cloakKey,
        passwords,
        options.reread,
    )
    sys.excepthook = _explain(sys.excepthook)
    tuneInterpreter()
    reactor.callWhenRunning(freeze)
    reactor.callWhenRunning(_takeSignals, reactor, lambda: rehash(context))
    complain = _Terminal.behindDaemon().complain if not runner.get("nodaemon", True) else lambda why: None
    return ChatService(reactor, listeners, journal.log, context, lambda: os.geteuid() == 0, complain)


def giveDirectory(path: Path, uid: int | None, gid: int | None) -> None:
    """
    Make the data directory for the user that this process is going to be, who may not be allowed to make it.

    Nothing is done where it is there already, or where this process stays who it is.

    @param uid: the user that C{twistd --uid} names.
    @param gid: the group that C{twistd --gid} names; the user's own where it is C{None}.
    """
    if uid is None or os.geteuid() != 0 or path.exists():
        return
    try:
        path.mkdir(0o700, parents=True)
        os.chown(path, uid, pwd.getpwuid(uid).pw_gid if gid is None else gid)
    except OSError as e:
        raise SystemExit(f"twistchat: the data directory {path} cannot be made: {e.strerror}") from None


class _Terminal(io.TextIOBase):
    """
    The terminal at which a server was started that goes into the background.

    twistd waits there until the server has started.  Where it cannot, twistd writes the first hundred bytes of the
    exception to C{sys.__stderr__}, as Python writes bytes, for that is all that it is sent.  This stands in for that
    file, and has a pipe of its own, through which the whole line comes.
    """

    def __init__(self, stderr: TextIO) -> None:
        """
        @param stderr: the terminal itself.
        """
        super().__init__()
        self._stderr = stderr
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    @classmethod
    def behindDaemon(cls) -> _Terminal:
        """Put one in place of C{sys.__stderr__}."""
        terminal = cls(sys.__stderr__ or sys.stderr)
        standIn: Any = terminal
        sys.__stderr__ = standIn  # type: ignore[misc]  # it is final for those who write to it, as twistd does
        return terminal

    def complain(self, why: str) -> None:
        """Say, in the background, why the server cannot start."""
        os.write(self._writing, f"twistchat: {why}\n".encode("utf-8", "backslashreplace"))

    def write(self, text: str) -> int:
        """Write what was told; or this text, where nothing was."""
        with suppress(BlockingIOError):
            self._stderr.write(os.read(self._reading, 65536).decode())
            self._stderr.flush()
            return len(text)
        self._stderr.write(text)
        self._stderr.flush()
        return len(text)


SWITCH_INTERVAL = 0.0002
"""
Seconds after which the reactor's thread gives the interpreter to one that waits for it.

The journal's writer wants it twice a batch, for microseconds: to begin, and to say that it is done.  With Python's own
5 ms it stands idle meanwhile, and takes turns with the reactor where it should work beside it.
"""

COLLECT = (20_000, 20, 20)
"""
Thresholds of the garbage collector, instead of Python's (700, 10, 10).

A message makes a dozen objects that live until the disk has it, and none of them is garbage in a circle; looking for
such every 700 objects takes a tenth of the processor's time.
"""


def freeze() -> None:
    """
    Take what is there now out of the garbage collector's sight: modules, classes, tables, which stay to the end.

    They are some 50,000 objects, and every full collection would look at them again, 24 ms long.
    """
    gc.collect()
    gc.freeze()


def tuneInterpreter() -> None:
    """Set up Python for a server: see L{SWITCH_INTERVAL} and L{COLLECT}, and C{bench/README.md} for what they bring."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(*COLLECT)


def plan(doors: Iterable[IDoor], settings: Settings) -> list[Listener]:
    """Which door listens where: what the settings name; or, where they name nothing, each door's default."""
    return [
        Listener(door, description)
        for door in doors
        for description in (settings.listen.get(door.name, ()) if settings.listen else door.defaultEndpoints)
    ]


def workers(reactor: Any) -> Callable[[str], Worker]:
    """What makes threads of some name, which tell the reactor when they are done."""
    return lambda name: ThreadWorker(name, reactor.callFromThread)


def makeJournal(settings: Settings, reactor: Any, kinds: Iterable[IJournalKind] = BUILT_IN) -> Journal:
    """
    The journal that the settings name.

    @param kinds: the kinds of journals there are.
    """
    context = JournalContext(
        settings.journal,
        settings.journal.own,
        str(Path(settings.server.data).absolute()),
        time.time,
        lambda: secrets.token_hex(4),
        lambda: secrets.token_bytes(KEY_SIZE),
        workers(reactor),
        reactor,
    )
    return journalKind(settings, kinds).make(context)


def journalKind(settings: Settings, kinds: Iterable[IJournalKind]) -> IJournalKind:
    """The kind of journal that the settings name."""
    return next(kind for kind in kinds if kind.name == settings.journal.kind)


def _explain(otherwise: Callable[[type[BaseException], BaseException, TracebackType | None], Any]) -> Any:
    """Make an C{excepthook} that shows a L{StartFailure} as one line: it is the administrator's to mend, not ours."""

    def excepthook(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(value, StartFailure):
            print(f"twistchat: {value}", file=sys.stderr)
        else:
            otherwise(kind, value, traceback)

    return excepthook


def rehash(context: ServerContext) -> None:
    """Read the configuration again, and log what came of it in one line."""
    try:
        reloaded = context.rehash()
    except ConfigError as e:
        log.error("The configuration has a mistake, and nothing of it was taken over: {mistake}", mistake=e)
    else:
        log.info("The configuration was read again; {reloaded}", reloaded=reloaded)


def _takeSignals(reactor: Any, rehash: Callable[[], None]) -> None:
    """
    Stop in good order, with exit status 0, on SIGTERM and SIGINT; read the configuration again on SIGHUP.

    Twisted's own runners would end by the signal once they have stopped, which a supervisor takes for a crash.
    """

    stopping = False

    def stop() -> None:
        # The reactor says that it is running until it has stopped, and does not like to be told to stop twice.
        nonlocal stopping
        if reactor.running and not stopping:
            stopping = True
            reactor.stop()

    def caught(number: int, frame: object) -> None:
        reactor.callFromThread(stop)

    signal.signal(signal.SIGTERM, caught)
    signal.signal(signal.SIGINT, caught)
    signal.signal(signal.SIGHUP, lambda number, frame: reactor.callFromThread(rehash))

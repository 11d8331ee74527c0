"""
C{twistd twistchat}: the composition root.

Only this module takes the real reactor, clock and randomness.  It passes them down as arguments.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from twisted.application.service import IService

from twistchat.accounts.pam import PamChecker
from twistchat.accounts.registration import newPassword
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.chat.replica import Replica
from twistchat.chat.rules.rooms.retention import retentions
from twistchat.config import Settings, toml
from twistchat.config.cluster import FILES
from twistchat.config.clustering import agreedOf
from twistchat.interfaces import (
    IJournalCopying,
    IJournalKind,
    IMailer,
    IReplica,
    Journal,
    JournalContext,
    JournalUnavailable,
)
from twistchat.journal.kinds import BUILT_IN
from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.net.listening.endpoints import BadEndpoint, endpointOf
from twistchat.net.monitoring.figures import Figures
from twistchat.options import ChatOptions, chatOptions, installedDoors, installedJournals
from twistchat.services.assembly import assemble
from twistchat.services.backups.schedule import Backups
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.administration import Administration
from twistchat.services.control.backups import BackupCommands
from twistchat.services.control.protocol import ControlFactory
from twistchat.services.control.server import ServerCommands
from twistchat.services.control.socket import ControlSocket
from twistchat.services.control.status import StatusCommands
from twistchat.services.failure import StartFailure, exitFailed
from twistchat.services.listener import plan
from twistchat.services.listening import Listening
from twistchat.services.logs.output import LogOutput
from twistchat.services.mail.queue import MailQueue
from twistchat.services.monitoring.endpoint import MISSING, MetricsEndpoint
from twistchat.services.process import freeze, makeDataDirectory, tuneInterpreter
from twistchat.services.rebinding import Rebinding, userName
from twistchat.services.service import ChatService
from twistchat.services.signals import ignoreHangup, installSignals
from twistchat.services.systemd import Systemd
from twistchat.services.terminal import DaemonTerminal, startFailureHook
from twistchat.worker import ThreadWorker, Worker

CLUSTER = "jetstream"
"""The kind of journal that needs the asyncio reactor."""


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
    # Timers and rates need a clock that never goes back.  Nothing is scheduled yet, so no timer mixes the two clocks.
    reactor.seconds = time.monotonic  # type: ignore[method-assign]
    listeners = plan(options.doors, settings)
    for listener in listeners:
        try:
            endpointOf(reactor, listener.description, listener.usualPort)
        except BadEndpoint as bad:
            what = f"the {listener.door.name} door's endpoint {toml.shortened(listener.description)} cannot be used"
            raise SystemExit(f"twistchat: {toml.printable(f'{what}: {bad}')}") from None
    if not listeners:
        raise SystemExit("twistchat: no door listens anywhere; name an endpoint, as in --line tcp:6623")
    runner: Mapping[str, Any] = options.parent or {}
    kind, data = journalKind(settings, options.journals), Path(settings.server.data).absolute()
    if kind.name == CLUSTER and not isAsyncio(reactor):
        raise SystemExit("twistchat: the cluster needs the asyncio reactor: twistd --reactor asyncio twistchat …")
    if kind.onDisk:
        makeDataDirectory(data, runner.get("uid"), runner.get("gid"))
    service: ChatService  # the journal and commands stop it later
    try:
        journal = makeJournal(
            settings,
            reactor,
            options.journals,
            lambda: retentions(context.chat.state),
            lambda: Replica(context.chat),
            stop=lambda why: service.fail(why),
        )
    except JournalUnavailable as unavailable:
        raise SystemExit(f"twistchat: {unavailable}") from None
    prefix, numbers = secrets.token_hex(4), count(1)
    makeWorker = workers(reactor)
    passwords = Verifier(lambda: makeWorker("passwords"), settings.limits.passwordQueue)
    for source in options.sources:
        if isinstance(source, PamChecker):
            source.start(lambda: makeWorker("pam"))
    context = assemble(
        settings,
        journal.log,
        journal.history,
        reactor,
        time.time,
        lambda: f"{prefix}-{next(numbers)}",
        journal.log.cloakKey,
        passwords,
        options.reread,
        secrets.token_bytes,
        options.sources,
        lambda: listening.isReachable,
        mailer=makeMailer(settings, reactor),
    )
    sys.excepthook = startFailureHook(sys.excepthook)
    tuneInterpreter()
    reactor.callWhenRunning(freeze)
    ignoreHangup()
    reactor.callWhenRunning(installSignals, reactor, context)
    complain = DaemonTerminal.install().complain if not runner.get("nodaemon", True) else lambda why: None
    listening = Listening(reactor, listeners, context)
    context.prepare = Rebinding(listening, options.doors, isRoot, userName).prepare
    backups = None
    if kind.onDisk and IJournalCopying.providedBy(kind):
        backups = Backups(reactor, time.time, lambda: context.settings, data, kind, makeWorker)
        countBackups(context.figures, backups)
    commands = {
        **AccountCommands(context.chat).table,
        **BackupCommands(reactor, backups).table,
        **ServerCommands(context).table,
        **StatusCommands(context.figures).table,
    }
    if kind.name == CLUSTER:
        from twistchat.services.control.cluster import ClusterCommands

        draining = lambda reason: service.draining.drain(reason)  # noqa: E731
        commands |= ClusterCommands(reactor, context.figures, draining, reactor.stop).table
    context.administration = Administration(context, commands, partial(newPassword, passwords, secrets.token_bytes))
    record = partial(context.chat.audit.recordOutside, "console")
    control = ControlSocket(reactor, data, ControlFactory(reactor, commands, record)) if kind.onDisk else None
    context.figures.doors.update(listener.door.name for listener in listeners)
    metrics = makeMetrics(settings, reactor, context.figures)
    output = LogOutput(settings.log)
    context.onReload.append(lambda: output.apply(context.settings.log))
    service = ChatService(
        reactor,
        listening,
        journal.log,
        context,
        isRoot,
        complain,
        exitFailed,
        control,
        lambda application: output.attach(application, options.parent or {}, reactor),
        backups,
        Systemd(os.environ, reactor, os.getpid()),
        metrics,
    )
    return service


def isAsyncio(reactor: Any) -> bool:
    """Whether a reactor runs in an asyncio event loop.  This does not import it."""
    module = sys.modules.get("twisted.internet.asyncioreactor")
    return module is not None and isinstance(reactor, module.AsyncioSelectorReactor)


def isRoot() -> bool:
    """Whether this process runs as root."""
    return os.geteuid() == 0


def countBackups(figures: Figures, backups: Backups) -> None:
    """Let the numbers about the server include its backups."""
    figures.backups = lambda: backups.made
    figures.failedBackups = lambda: backups.failed
    figures.lastBackup = lambda: None if backups.last is None else backups.last.time
    figures.backup = backups.described


def workers(reactor: Any) -> Callable[[str], Worker]:
    """Return a function that makes a worker thread with a given name.  The reactor's thread gets the results."""
    return lambda name: ThreadWorker(name, reactor.callFromThread)


def makeMetrics(settings: Settings, reactor: Any, figures: Figures) -> MetricsEndpoint | None:
    """
    Make what serves metrics, if the settings say where.

    @raise SystemExit: an endpoint cannot be used, or the extra is not installed.  Its message has one line.
    """
    if not settings.metrics.endpoint:
        return None
    try:
        from twistchat.services.monitoring.exporter import Exporter
    except ModuleNotFoundError:
        raise SystemExit(f"twistchat: {MISSING}") from None
    endpoint = MetricsEndpoint(reactor, settings.metrics.endpoint, Exporter(figures).write, figures)
    try:
        endpoint.check()
    except StartFailure as failure:
        raise SystemExit(f"twistchat: {failure}") from None
    return endpoint


def makeMailer(settings: Settings, reactor: Any) -> IMailer | None:
    """Make what sends mails, if the settings name a mail server."""
    if not settings.mail.host:
        return None
    # This module looks up the name of the machine when it is imported, which may take seconds.
    from twistchat.services.mail.smtp import delivery

    deliver = delivery(settings.mail, settings.server.name, reactor)
    return MailQueue(settings.mail, settings.server.name, reactor, time.time, lambda: secrets.token_hex(8), deliver)


def makeJournal(
    settings: Settings,
    reactor: Any,
    kinds: Iterable[IJournalKind] = BUILT_IN,
    retentions: Callable[[], Mapping[str, float]] = dict,
    replica: Callable[[], IReplica] | None = None,
    stop: Callable[[str], None] = lambda why: None,
) -> Journal:
    """
    Make the journal that the settings name.

    @param kinds: the available kinds of journals.
    @param retentions: see L{JournalContext}.
    @param replica: see L{JournalContext}.
    @param stop: see L{JournalContext}.
    @raise JournalUnavailable: it cannot be used here.
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
        retentions,
        replace(settings.cluster, **paths(settings)),
        replica,
        agreedOf(settings),
        stop,
    )
    return journalKind(settings, kinds).make(context)


def paths(settings: Settings) -> dict[str, Any]:
    """The absolute paths of the files of the cluster, by their keys.  The process may change its directory later."""
    named = {key: getattr(settings.cluster, key) for key in FILES}
    return {key: str(Path(name).absolute()) if name else "" for key, name in named.items()}


def journalKind(settings: Settings, kinds: Iterable[IJournalKind]) -> IJournalKind:
    """Find the kind of journal that the settings name."""
    return next(kind for kind in kinds if kind.name == settings.journal.kind)

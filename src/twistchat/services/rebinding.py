"""Changes where the doors listen, and their certificates, while the server runs: all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pwd import getpwuid

from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.config import ConfigError, Settings
from twistchat.config.toml import shortened
from twistchat.interfaces import IDoor
from twistchat.net.listening.endpoints import PROXY, isForbidden, placeOf, portOf
from twistchat.net.listening.tls import BadCertificate, Certificates, Loaded, UnreadableFile
from twistchat.net.reloading import Change
from twistchat.services.failure import StartFailure
from twistchat.services.listener import Listener, Opened, Ready, plan
from twistchat.services.listening import Listening, isReachable

log = Logger()

SYSTEMD = "systemd:"
"""The prefix of endpoints whose sockets come from systemd."""

PRIVILEGED = 1024
"""The first port that every user may listen at."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    What changes between the listeners that are bound and those that are wanted.

    @ivar kept: those that stay as they are.
    @ivar added: those that are to be bound.
    @ivar removed: those that are to be closed.
    """

    kept: list[Opened]
    added: list[Listener]
    removed: list[Opened]

    @property
    def inTheWay(self) -> list[Opened]:
        """The removed listeners that have to be closed before an added one can be bound: they have its port."""
        wanted = {placeOf(listener.description) for listener in self.added} - {None}
        return [one for one in self.removed if placeOf(one.listener.description) in wanted]


def differenceOf(opened: Iterable[Opened], wanted: Iterable[Listener]) -> Difference:
    """Compare the listeners that are bound with those that are wanted."""
    left = list(opened)
    kept: list[Opened] = []
    added: list[Listener] = []
    for listener in wanted:
        same = next((one for one in left if one.listener == listener), None)
        if same is None:
            added.append(listener)
        else:
            left.remove(same)
            kept.append(same)
    return Difference(kept, added, left)


class Rebinding:
    """
    Lets a server follow changes of C{[listen]}, and of the files with its certificates.

    Existing connections stay, also those of a listener that is closed.
    """

    def __init__(
        self,
        listening: Listening,
        doors: Iterable[IDoor],
        isRoot: Callable[[], bool],
        user: Callable[[], str],
    ) -> None:
        """
        @param doors: the installed doors.
        @param isRoot: returns whether this process runs as root.
        @param user: returns the name of the user that this process runs as.
        """
        self._listening = listening
        self._doors = tuple(doors)
        self._isRoot = isRoot
        self._user = user

    async def prepare(self, settings: Settings) -> Change:
        """
        Bind what C{[listen]} adds, and read the certificates.  See L{Prepare <twistchat.net.reloading.Prepare>}.

        A removed listener is closed first if it has the port of an added one, and bound again if that fails.

        @raise ConfigError: an endpoint cannot listen, or a certificate cannot be used.
        """
        listening = self._listening
        wanted = plan(self._doors, settings)
        if not wanted:
            raise ConfigError("listen", "no door would listen anywhere; name an endpoint of one")
        difference = differenceOf(listening.opened, wanted)
        self._refuseRoot(difference.kept, settings)
        loaded = self._load(difference.kept)
        ready = [self._ready(listener) for listener in difference.added]
        early, new = difference.inTheWay, []
        for one in early:
            await maybeDeferred(one.port.stopListening)
        try:
            if listening.stopped:
                raise ConfigError("the server", "it is shutting down")
            for each in ready:
                new.append(self._open(each))  # noqa: PERF401  # those before a failure are closed again
            self._refuseRoot(new, settings)
        except Exception:
            for one in new:
                await maybeDeferred(one.port.stopListening)
            self._restore(early)
            raise
        listening.opened = [*difference.kept, *new]

        def complete() -> None:
            for certificates, fresh, name in loaded:
                _attempt(f"show the new certificates of the {name} door", partial(certificates.use, fresh))
            for one in difference.removed:
                if one not in early:
                    maybeDeferred(one.port.stopListening).addErrback(_notClosed, one.listener)
                where, door = one.listener.description, one.listener.door.name
                log.info("The {door} door no longer listens at {where}", door=door, where=where)
            _attempt("announce the listeners", partial(listening.announce, new))

        return Change(tuple(f"the certificates of the {name} door" for name in _once(loaded)), complete)

    def _refuseRoot(self, opened: Iterable[Opened], settings: Settings) -> None:
        """
        Refuse that other machines reach a server that runs as root.

        @raise ConfigError: they would.
        """
        if self._isRoot() and isReachable(opened, settings):
            raise ConfigError("listen", "a server that other machines reach does not run as root, as this one does")

    def _ready(self, listener: Listener) -> Ready:
        """
        Make a listener ready to be bound.

        @raise ConfigError: its endpoint is invalid, its door fails, or it is a socket of systemd.  The descriptor of
            such a socket is closed after its first use, and may belong to a connection now.
        """
        where, name = f"listen.{listener.door.name}", shortened(listener.description)
        if listener.description.removeprefix(PROXY).startswith(SYSTEMD):
            raise ConfigError(where, f"{name} needs a restart, because systemd passes its sockets at the start only")
        try:
            return self._listening.ready(listener)
        except StartFailure as failure:
            raise ConfigError(where, str(failure)) from None
        except Exception:
            log.failure("The {door} door failed", door=listener.door.name)
            raise ConfigError(where, f"the door failed, so it cannot listen at {name}; the log says why") from None

    def _load(self, kept: Iterable[Opened]) -> list[tuple[Certificates, Loaded, str]]:
        """
        Read the certificates of listeners again.

        @return: for each that has changed: who shows it, what was read, and the name of the door.
        @raise ConfigError: one cannot be used.
        """
        changed = []
        for one in kept:
            if one.certificates is None:
                continue
            name = one.listener.door.name
            try:
                loaded = one.certificates.reload()
            except UnreadableFile as bad:
                why = f"{bad}; the server runs as {self._user()}, who must be able to read its certificates and keys"
                raise ConfigError(f"listen.{name}", why) from None
            except BadCertificate as bad:
                raise ConfigError(f"listen.{name}", str(bad)) from None
            if loaded is not None:
                changed.append((one.certificates, loaded, name))
        return changed

    def _open(self, ready: Ready) -> Opened:
        """
        Bind a listener.

        @raise ConfigError: it cannot be bound.
        """
        try:
            return self._listening.open(ready, lambda taken: "stop what listens there, or choose another port")
        except StartFailure as failure:
            advice = ""
            if isForbidden(failure.__cause__) and (portOf(ready.listener.description) or PRIVILEGED) < PRIVILEGED:
                advice = f"; {self._user()} may not listen at ports below {PRIVILEGED}, so this needs a restart"
            raise ConfigError(f"listen.{ready.listener.door.name}", f"{failure}{advice}") from None

    def _restore(self, closed: Iterable[Opened]) -> None:
        """Bind listeners again that were closed for others, which then could not be bound."""
        opened = self._listening.opened
        for one in closed:
            place = opened.index(one)
            del opened[place]
            if self._listening.stopped:
                continue
            try:
                opened.insert(place, self._open(one.ready))
            except ConfigError as error:
                log.critical("{why}.  Nobody comes in there until the server starts again", why=error.why)


def userName() -> str:
    """Return the name of the user that this process runs as, or their number."""
    number = os.geteuid()
    try:
        return getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _once(loaded: Iterable[tuple[Certificates, Loaded, str]]) -> list[str]:
    """Return the names of the doors with new certificates, each once."""
    return list(dict.fromkeys(name for _, _, name in loaded))


def _attempt(what: str, step: Callable[[], None]) -> None:
    """
    Take a step of a reload.  The settings have changed already, so the other steps follow even if this one fails.

    @param what: describes the step, for the log.
    """
    try:
        step()
    except Exception:
        log.failure("The server failed to {what}, and goes on with the reload", what=what)


def _notClosed(failure: Failure, listener: Listener) -> None:
    log.failure("The endpoint {where} was not closed in good order", failure, where=listener.description)

"""Changes while clients talk: of the configuration, of the certificates, and of where the doors listen."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from pathlib import Path

from bench.certificate import selfSigned
from bench.fire.clients import connect, encrypt
from bench.fire.reloads.mistakes import MISTAKES, placed
from bench.fire.reloads.reports import WITHIN, Reports, networkOf
from bench.fire.reloads.visitor import Crowd, Visit, Visitor
from bench.fire.scenario import Scenario, Seen, Setup
from bench.fire.stage import CONFIGURATION, Stage
from bench.servers import freePort, listens

PACE = 0.1
"""The time from one mistake to the next, in seconds."""

GOOD_EACH = 5
"""After how many mistakes a good configuration follows."""

MUST_READ = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
"""The command that runs a server as root, but lets it read only what root may read like any other user."""

STORM, STORM_TIME = 200, 1.0
"""How many signals one storm has, and how long it takes in seconds."""

SETTLING = 0.3
"""How long the log has no further report when a storm is over, and how long a port may need to close, in seconds."""


class Notes:
    """
    What a scenario has seen and missed so far.

    @ivar missed: what was missed, each thing once.
    """

    def __init__(self) -> None:
        self.missed: list[str] = []

    def check(self, right: bool, otherwise: str) -> bool:
        """
        Note something that was required.

        @param otherwise: what was missed, if it is not right.
        @return: whether it is right.
        """
        if not right and otherwise not in self.missed:
            self.missed.append(otherwise)
        return right


def humble(folder: Path) -> Setup:
    """Let a server that runs as root obey the permissions of files, if that is possible."""
    return Setup(before=MUST_READ if os.geteuid() == 0 and shutil.which(MUST_READ[0]) else ())


def mistaken(stage: Stage, seconds: float) -> Seen:
    """Reload one mistake after the other, and good configurations in between."""
    path, reports, notes, networks = stage.folder / CONFIGURATION, Reports(stage), Notes(), count()
    obeys = os.geteuid() != 0 or bool(stage.setup.before)
    mistakes = [mistake for mistake in MISTAKES if obeys or "nobody may read" not in mistake.name]
    until, tried, network = time.monotonic() + seconds, 0, networkOf(stage)
    for mistake in cycle(mistakes):
        due = time.monotonic() + PACE
        stage.configure({"irc.network": "Wrong"})
        with placed(mistake, path) as good:
            said = reports.reload()
        tried += 1
        if notes.check(len(said) == 1, f"{len(said)} lines about {mistake.name}"):
            notes.check(mistake.isReported(said[0], path, good), f"{mistake.name}: the log says {said[0]}")
        notes.check(networkOf(stage) == network, f"{mistake.name} changed the configuration")
        if tried % GOOD_EACH == 0:
            network = f"Net{next(networks)}"
            notes.check(renamed(stage, reports, network), "a good configuration did not take effect")
        if time.monotonic() > until and tried >= len(mistakes):
            break
        time.sleep(max(0.0, due - time.monotonic()))
    text = (
        f"{tried} mistakes of {len(mistakes)} kinds, each reported in one line; {next(networks)} good ones in between"
    )
    return Seen(text, notes.missed, {"mistakes": tried, "kinds": len(mistakes)})


def renamed(stage: Stage, reports: Reports, network: str) -> bool:
    """Reload a good configuration with a new name of the network, and return whether it is reported and in effect."""
    stage.configure({"irc.network": network})
    said = reports.reload()
    return len(said) == 1 and "irc.network" in said[0] and networkOf(stage) == network


def stormed(stage: Stage, seconds: float) -> Seen:
    """Send storms of SIGHUP, while the configuration changes too."""
    reports, notes, until = Reports(stage), Notes(), time.monotonic() + seconds
    signals = reloads = 0
    while time.monotonic() < until or not signals:
        began = time.monotonic()
        for number in range(STORM):
            if number % 10 == 0:
                stage.configure({"irc.network": f"Net{signals}"})
            stage.sendSignal(signal.SIGHUP)
            signals += 1
            time.sleep(max(0.0, began + (number + 1) * STORM_TIME / STORM - time.monotonic()))
        wanted = f"Net{signals - 10}"
        said: list[str] = []
        while fresh := reports.wait() if not said else reports.fresh():
            said += fresh
            time.sleep(SETTLING)
        reloads += len(said)
        notes.check(0 < len(said) <= STORM, f"{len(said)} lines about {STORM} signals")
        notes.check(networkOf(stage) == wanted, "the last configuration of a storm is not in effect")
    return Seen(f"{signals} signals; {reloads} reloads", notes.missed, {"signals": signals, "reloads": reloads})


@dataclass(frozen=True, slots=True)
class Swap:
    """
    A change of the files of a certificate and its key.

    @ivar name: describes it.
    @ivar make: makes the key and the certificate; C{None} for a file that is gone.  The arguments are the pair in
        effect, and a new one.
    @ivar words: what the log says, if the server must refuse it; C{""} if the new pair must take effect.
    """

    name: str
    make: Callable[[tuple[bytes, bytes], tuple[bytes, bytes]], tuple[bytes | None, bytes | None]]
    words: str = ""


SWAPS = (
    Swap("a new pair", lambda old, new: new),
    Swap("a new key with the old certificate", lambda old, new: (new[0], old[1]), "is not for the private key"),
    Swap("a new certificate with the old key", lambda old, new: (old[0], new[1]), "is not for the private key"),
    Swap("another new pair", lambda old, new: new),
    Swap("half of a certificate", lambda old, new: (new[0], new[1][:200]), "has no certificate in PEM format"),
    Swap("an empty key", lambda old, new: (b"", new[1]), "has no private key in PEM format"),
    Swap("no certificate", lambda old, new: (new[0], None), "No such file"),
    Swap("a key in place of a certificate", lambda old, new: (new[0], new[0]), "has no certificate in PEM format"),
)


@dataclass(slots=True)
class Shown:
    """
    A certificate that the server may show.

    @ivar certificate: it, in DER.
    @ivar since: when the server was told to show it, by C{time.monotonic}.
    @ivar until: when the server reported that it shows another one.
    """

    certificate: bytes
    since: float
    until: float = float("inf")


def swapped(stage: Stage, seconds: float) -> Seen:
    """Swap the certificate and the key, again and again, while clients connect over TLS."""
    reports, notes, port = Reports(stage), Notes(), stage.ports["tls"]
    key, certificate = stage.folder / "key.pem", stage.folder / "cert.pem"
    now = key.read_bytes(), certificate.read_bytes()
    shown = [Shown(ssl.PEM_cert_to_DER_cert(now[1].decode()), 0.0)]
    until, swaps, refused = time.monotonic() + seconds, 0, 0
    with closing(Visitor(port, encrypted=True)) as friend, Crowd(partial(certificateAt, port)) as crowd:
        for swap in cycle(SWAPS):
            new = selfSigned()
            for path, data in zip((key, certificate), swap.make(now, new), strict=True):
                path.unlink() if data is None else path.write_bytes(data)
            began = time.monotonic()
            if not swap.words:
                shown.append(Shown(ssl.PEM_cert_to_DER_cert(new[1].decode()), began))
            said = "; ".join(reports.reload())
            notes.check((swap.words or "the certificates of the irc door") in said, f"{swap.name}: the log says {said}")
            swaps += 1
            refused += bool(swap.words)
            if not swap.words:
                shown[-2].until, now = time.monotonic(), new
            friend.ping()
            if time.monotonic() > until and swaps >= len(SWAPS):
                break
            time.sleep(max(0.0, began + PACE - time.monotonic()))
    key.write_bytes(now[0])
    certificate.write_bytes(now[1])
    notes.missed += wrongIn(crowd.visits, shown)
    used = sum(any(visit.result == one.certificate for visit in crowd.visits) for one in shown)
    text = f"{swaps} swaps, {refused} of them refused; {len(crowd.visits):,} handshakes showed {used} certificates"
    return Seen(text, notes.missed, {"swaps": swaps, "refused": refused, "handshakes": len(crowd.visits)})


def certificateAt(port: int, address: str) -> bytes | None:
    """
    Make a TLS connection, and close it.  The handshake fails if the certificate and the key do not fit.

    @return: the server's certificate, in DER.
    """
    with connect(port, address, WITHIN) as plain, encrypt(plain) as connection:
        return connection.getpeercert(binary_form=True)


def wrongIn(visits: Sequence[Visit[bytes | None]], shown: Sequence[Shown]) -> list[str]:
    """
    Say which handshakes failed, or showed a certificate that was not in effect.

    @param shown: the certificates that were in effect.
    """
    failed = [visit.error for visit in visits if visit.error]
    old = sum(
        not any(
            visit.result == one.certificate and one.since <= visit.ended and visit.began <= one.until for one in shown
        )
        for visit in visits
        if not visit.error
    )
    missed = [f"{len(failed)} of {len(visits)} handshakes failed: {failed[0]}"] if failed else []
    missed += [f"{old} handshakes showed a certificate that was not in effect"] if old else []
    return missed if visits else ["nobody made a handshake"]


def moved(stage: Stage, seconds: float) -> Seen:
    """Add, move and remove listeners while clients come and go, and others stay."""
    reports, notes, doors = Reports(stage), Notes(), stage.listening()
    until, changes, stayed = time.monotonic() + seconds, 0, 0
    with Crowd(partial(visit, stage.ports["irc"])) as crowd, ExitStack() as friends:
        there: list[Visitor] = []
        while time.monotonic() < until or not changes:
            first, second = freePort(), freePort()
            for irc, line, opened in _plans(stage, first, second):
                began = time.monotonic()
                stage.configure(
                    {
                        "listen.irc": [*doors["listen.irc"], *[f"tcp:{port}:interface=127.0.0.1" for port in irc]],
                        "listen.line": [f"tcp:{line}:interface=127.0.0.1"],
                    }
                )
                said = reports.reload()
                changes += 1
                notes.check(len(said) == 1 and "changed: listen." in said[0], f"the log says {said}")
                for port, isOpen in opened.items():
                    notes.check(becomes(port, isOpen), f"a port is {'closed' if isOpen else 'open'}")
                if irc and listens(irc[0]):
                    there.append(friends.enter_context(closing(Visitor(irc[0]))))
                for friend in there:
                    friend.ping()
                    stayed += 1
                time.sleep(max(0.0, began + PACE - time.monotonic()))
            friends.close()
            there.clear()
    notes.check(not crowd.errors, f"{len(crowd.errors)} clients were kept out: {'; '.join(crowd.errors[:1])}")
    text = f"{changes} changes; {len(crowd.visits):,} clients came and went; {stayed} answers to those who stayed"
    return Seen(text, notes.missed, {"changes": changes, "visits": len(crowd.visits), "answers": stayed})


def _plans(stage: Stage, first: int, second: int) -> Iterator[tuple[list[int], int, dict[int, bool]]]:
    """
    List what is changed in turn.

    @return: the additional ports of the IRC door, the port of the line door, and which ports must be open or closed
        then.
    """
    line = stage.ports["line"]
    yield [first], line, {first: True}
    yield [second], line, {first: False, second: True}
    yield [second, first], line, {first: True, second: True}
    yield [], line, {first: False, second: False}
    yield [], first, {first: True, line: False}  # the canary's listener goes, and the canary stays
    yield [first], line, {first: True, line: True}  # a port moves from one door to another
    yield [], line, {first: False, line: True}


def becomes(port: int, isOpen: bool) -> bool:
    """Wait until a port is open or closed, which follows the report in the next turn.  Return whether it is."""
    until = time.monotonic() + SETTLING
    while listens(port) != isOpen and time.monotonic() < until:
        time.sleep(0.005)
    return listens(port) == isOpen


def visit(port: int, address: str) -> None:
    """Come in at the IRC door, and leave."""
    Visitor(port, address).close()


SCENARIOS = (
    Scenario(
        "mistakes",
        f"a new mistake in the configuration every {1000 * PACE:g} ms, with SIGHUP",
        "each is one line of the log, with the file and the line or the key, and changes nothing; good ones do",
        mistaken,
        shortest=len(MISTAKES) * PACE,
        prepare=humble,
    ),
    Scenario(
        "hangups",
        f"storms of SIGHUP, {STORM} in {STORM_TIME:g} s, while the configuration changes",
        f"the last configuration is in effect within {WITHIN:g} s; no more reloads than signals",
        stormed,
        shortest=STORM_TIME,
    ),
    Scenario(
        "certificates",
        "certificates and keys are swapped while clients connect over TLS",
        "every handshake succeeds with the pair in effect; a broken pair is refused; older connections go on",
        swapped,
        shortest=len(SWAPS) * PACE,
    ),
    Scenario(
        "listeners",
        "listeners are added, moved and removed while clients come and go",
        "the ports of the configuration are open and no others; everybody who is in stays; nobody is kept out",
        moved,
        shortest=1.0,
    ),
)

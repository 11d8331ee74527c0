"""
The import rules of the design.

L{LAYERS}, L{WORLD} and L{OUTSIDE} are the rules.  The test reads every import of every module, without importing
anything.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.uses import Module, UseReader, readModules

# The rules.  A name allows, or forbids, itself and everything below it.


@dataclass(frozen=True, slots=True)
class Layer:
    """
    What the modules of one part may import, in addition to the standard library.


    @ivar may: the names that they may import.
    @ivar typing: the names that they may import only under C{if TYPE_CHECKING:}.
    @ivar pure: whether they may not import the names in L{OUTSIDE}.
    @ivar world: whether they may import the names in L{WORLD}.
    """

    may: tuple[str, ...] = ()
    typing: tuple[str, ...] = ()
    pure: bool = False
    world: bool = False


ANYWHERE = ("twistchat.__version__",)
"""What every layer may import."""

ANYWHERE_TYPING = ("twistchat.interfaces",)
"""What every layer may import under C{if TYPE_CHECKING:}."""

LAYERS: Mapping[str, Layer] = {
    "twistchat": Layer(),
    "twistchat.interfaces": Layer(
        may=("zope.interface", "twisted.internet.interfaces", "twistchat.interfaces"),
        typing=(
            "twistchat.config",
            "twisted.internet.defer",
            "twisted.python.failure",
            "twistchat.chat",
            "twistchat.net",
            "twistchat.wire",
            "twistchat.worker",
        ),
    ),
    "twistchat.chat": Layer(may=("msgspec", "zope.interface", "twistchat.chat"), pure=True),
    # It says at run time that it is an IReplica.
    "twistchat.chat.replica": Layer(may=("zope.interface", "twistchat.interfaces", "twistchat.chat"), pure=True),
    "twistchat.chat.errors": Layer(may=("twistchat.chat.errors", "twistchat.chat.phrasing"), pure=True),
    "twistchat.chat.limits": Layer(pure=True),
    # A room has an audience, which the rules give it.
    "twistchat.chat.model": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twistchat.chat.model",
            "twistchat.chat.errors",
            "twistchat.chat.limits",
            "twistchat.chat.phrasing",
        ),
        typing=("twistchat.chat.fanout",),
        pure=True,
    ),
    "twistchat.chat.fanout": Layer(may=("zope.interface", "twistchat.chat.fanout", "twistchat.chat.model"), pure=True),
    # The effects of the rules change a state that they are given.
    "twistchat.chat.rules": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twistchat.chat.rules",
            "twistchat.chat.fanout",
            "twistchat.chat.model",
            "twistchat.chat.errors",
            "twistchat.chat.limits",
        ),
        typing=("twistchat.chat.state",),
        pure=True,
    ),
    # A dialect says at run time that it is an IDialect.
    "twistchat.wire": Layer(
        may=("scramp", "wsproto", "zope.interface", "twistchat.interfaces", "twistchat.chat", "twistchat.wire"),
        pure=True,
    ),
    "twistchat.config": Layer(may=("twistchat.chat", "twistchat.config")),
    "twistchat.journal": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twisted.internet.defer",
            "twisted.internet.interfaces",
            "twisted.logger",
            "twisted.python",
            "twistchat.chat",
            "twistchat.directories",
            "twistchat.interfaces",
            "twistchat.journal",
            "twistchat.worker",
        ),
    ),
    # The history works in the file of the log.  It does not import what writes the log.
    "twistchat.journal.history": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twisted.internet.defer",
            "twisted.internet.interfaces",
            "twisted.logger",
            "twisted.python",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.journal.codec",
            "twistchat.journal.history",
            "twistchat.journal.sqlite.faults",
            "twistchat.journal.sqlite.places",
            "twistchat.journal.sqlite.reading",
            "twistchat.journal.sqlite.rows",
        ),
        typing=("twistchat.journal.sqlite.filelog", "twistchat.journal.sqlite.writing.writer"),
    ),
    # The log knows nothing of the history but the interface in its module "sharing".
    "twistchat.journal.sqlite": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twisted.internet.defer",
            "twisted.internet.interfaces",
            "twisted.logger",
            "twisted.python",
            "twistchat.chat",
            "twistchat.directories",
            "twistchat.interfaces",
            "twistchat.journal.codec",
            "twistchat.journal.following",
            "twistchat.journal.proposals",
            "twistchat.journal.sqlite",
            "twistchat.journal.stamp",
            "twistchat.worker",
        ),
    ),
    # The stream at the brokers.  Nothing else knows nats-py.
    "twistchat.journal.jetstream.nats": Layer(
        may=(
            "nats",
            "nkeys",
            "zope.interface",
            "twisted.internet.defer",
            "twisted.internet.interfaces",
            "twisted.logger",
            "twistchat.interfaces",
            "twistchat.journal.jetstream.nats",
        ),
    ),
    "twistchat.accounts": Layer(
        may=(
            "argon2",
            "cryptography",
            "pamela",
            "pyotp",
            "scramp",
            "zope.interface",
            "twisted.cred",
            "twisted.internet.defer",
            "twisted.logger",
            "twisted.plugin",
            "twisted.python",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.accounts",
            "twistchat.worker",
        ),
        typing=("twistchat.config",),
    ),
    "twistchat.worker": Layer(may=("twisted.python",)),
    "twistchat.directories": Layer(),
    "twistchat.net": Layer(
        may=(
            "zope.interface",
            "twisted",
            "OpenSSL",
            "cryptography",
            "twistchat.chat",
            "twistchat.wire",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.net",
        ),
    ),
    "twistchat.protocols": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twisted",
            "twistchat.chat",
            "twistchat.wire",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.net",
            "twistchat.protocols",
        ),
    ),
    "twistchat.doors": Layer(
        may=(
            "zope.interface",
            "twisted",
            "twistchat.chat.limits",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.net",
            "twistchat.wire",
            "twistchat.protocols",
            "twistchat.doors",
        ),
    ),
    "twistchat.doors.web": Layer(
        may=(
            "h11",
            "wsproto",
            "zope.interface",
            "twisted",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.net",
            "twistchat.wire",
            "twistchat.protocols.irc",
            "twistchat.doors.web",
        ),
    ),
    "twistchat.doors.web.oidc": Layer(
        may=(
            "joserfc",
            "treq",
            "zope.interface",
            "twisted",
            "twistchat.chat",
            "twistchat.config",
            "twistchat.net",
            "twistchat.doors.web",
        ),
    ),
    "twistchat.services": Layer(
        may=(
            "prometheus_client",
            "zope.interface",
            "twisted",
            "twistchat.chat",
            "twistchat.directories",
            "twistchat.interfaces",
            "twistchat.accounts",
            "twistchat.config",
            "twistchat.net",
            "twistchat.services",
        ),
        typing=("twistchat.worker",),
    ),
    # It names the reasons why TLS failed.
    "twistchat.services.mail": Layer(
        may=(
            "OpenSSL",
            "service_identity",
            "twisted",
            "zope.interface",
            "twistchat.accounts.email",
            "twistchat.chat",
            "twistchat.config",
            "twistchat.interfaces",
            "twistchat.services.mail",
        ),
    ),
    "twistchat.services.control": Layer(
        may=(
            "msgspec",
            "zope.interface",
            "twisted",
            "twistchat.accounts.email",
            "twistchat.chat",
            "twistchat.config",
            "twistchat.interfaces",
            # The commands about a running server use its context.
            "twistchat.net.context",
            "twistchat.net.monitoring",
            "twistchat.services.control",
        ),
        typing=("twistchat.services.backups",),
    ),
    # Readers know nothing but records.  The writer makes entries of them, in a journal that it is given.
    "twistchat.importing": Layer(
        may=("msgspec", "twistchat.chat", "twistchat.interfaces", "twistchat.journal", "twistchat.importing")
    ),
    # The built-in kinds of journals need no plugin.
    "twistchat.options": Layer(may=("twisted", "twistchat.config", "twistchat.interfaces", "twistchat.journal.kinds")),
    # A command is a program of its own, which takes its own randomness.
    "twistchat.console": Layer(
        may=(
            "msgspec",
            "twisted.internet.defer",
            # check-config makes endpoints, which are not bound.
            "twisted.internet.reactor",
            # cluster reseed talks to the brokers.
            "twisted.internet.asyncioreactor",
            "twisted.python",
            "twistchat.accounts",
            "twistchat.chat",
            "twistchat.config",
            "twistchat.console",
            "twistchat.importing",
            "twistchat.interfaces",
            "twistchat.journal",
            "twistchat.options",
            "twistchat.worker",
            # The commands about accounts work through the control socket, or on a chat that this process opens.
            "twistchat.services.backups.files",
            "twistchat.services.checking",
            "twistchat.services.failure",
            "twistchat.services.control.accounts",
            "twistchat.services.control.commands",
            "twistchat.services.control.peer",
            "twistchat.services.control.wire",
        ),
        world=True,
    ),
    "twistchat.tap": Layer(may=("zope.interface", "twisted", "twistchat"), world=True),
    "twistchat.testing": Layer(
        may=("argon2", "msgspec", "wsproto", "zope.interface", "twisted", "twistchat"), world=True
    ),
}
"""Every part of the house, by name.  A new part needs a row."""

WORLD = (
    "twisted.internet.reactor",
    "time",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "random",
    "secrets",
    "uuid",
    "os.getrandom",
    "os.urandom",
)
"""The reactor, the clocks and the sources of randomness, which are arguments everywhere but in the composition root."""

APART = ("twistchat.protocols", "twistchat.doors")
"""Packages whose parts, each a module or a package, import none of each other."""

OUTSIDE = (
    "asyncio",
    "http",
    "multiprocessing",
    "select",
    "selectors",
    "signal",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "threading",
    "urllib.request",
)
"""What of the standard library reaches out of a computation: sockets, processes, threads, databases."""


# Comparing


def partOf(module: str) -> str | None:
    """Return the part of a package of L{APART} that a module belongs to; C{None} if it belongs to none."""
    top = under(module, APART)
    return None if top is None or module == top else ".".join(module.split(".")[: top.count(".") + 2])


def under(name: str, tops: Iterable[str]) -> str | None:
    """Return the longest of C{tops} that equals C{name} or contains it."""
    return max((top for top in tops if name == top or name.startswith(f"{top}.")), key=len, default=None)


def layerOf(module: str) -> Layer | None:
    """Return the rules for a module.  The row of the top package applies to its C{__init__.py} only."""
    row = under(module, LAYERS)
    return LAYERS[row] if row is not None and (row != "twistchat" or module == row) else None


def violations(module: Module) -> Iterator[str]:
    """
    Return the violations in one module.


    @return: a sentence for each, which begins with the module and the line.
    """
    layer = layerOf(module.name)
    if layer is None:
        yield f"{module.name}: has no row in LAYERS; give it one, or put it into a part that has"
        return
    reader = UseReader(module)
    reader.visit(module.tree)
    may = (*ANYWHERE, *layer.may)
    home = partOf(module.name)
    for use in reader.uses:
        where = f"{module.name}:{use.line}:"
        allowed = (*may, *ANYWHERE_TYPING, *layer.typing) if use.typing else may
        part = partOf(use.name)
        if not layer.world and under(use.name, WORLD):
            yield f"{where} {use.name} is an argument everywhere but in the tap and in testing"
        elif not use.imported:
            continue
        elif use.name.partition(".")[0] in sys.stdlib_module_names:
            if layer.pure and under(use.name, OUTSIDE):
                yield f"{where} {use.name} reaches outside, and this layer does not"
        elif not under(use.name, allowed):
            yield f"{where} {use.name} is none of {', '.join(allowed)}"
        elif part is not None and part != home and under(module.name, APART) == under(use.name, APART):
            yield f"{where} {use.name} belongs to a neighbour; what both need belongs to twistchat.net"


# The tests


class DirectionTests(SynchronousTestCase):
    """The imports of twistchat."""

    def setUp(self) -> None:
        """Read the modules."""
        self.modules = readModules(Path(__file__).resolve().parent.parent / "src")

    def test_everyModuleIsRead(self) -> None:
        """Modules of all kinds are found: the package itself, its modules, and the modules of its packages."""
        packages = {module.name: module.package for module in self.modules}
        expected = {
            "twistchat": True,
            "twistchat.interfaces": True,
            "twistchat.chat": True,
            "twistchat.chat.model.events": True,
            "twistchat.chat.model.rooms": False,
        }
        self.assertLessEqual(expected.items(), packages.items())

    def test_directions(self) -> None:
        """No module breaks the rules of its layer."""
        found = [violation for module in self.modules for violation in violations(module)]
        if found:
            self.fail("\n".join(found))


class CheckerTests(SynchronousTestCase):
    """The check finds violations, and nothing else."""

    def check(self, module: str, source: str, *, package: bool = False) -> list[str]:
        """Return the violations in a module with this source, each as the module, the line and the name."""
        found = violations(Module(module, package, ast.parse(source)))
        return [" ".join(violation.split(" ")[:2]) for violation in found]

    def assertAllowed(self, module: str, *sources: str) -> None:
        """Assert that a module with any of these sources breaks no rule."""
        for source in sources:
            self.assertEqual(self.check(module, source), [], source)

    def assertRefused(self, module: str, *sources: str) -> None:
        """Assert that a module with each of these sources breaks a rule."""
        for source in sources:
            self.assertNotEqual(self.check(module, source), [], source)

    def test_chat(self) -> None:
        """The chat imports the standard library, zope.interface and itself."""
        self.assertAllowed(
            "twistchat.chat.model.rooms",
            "from __future__ import annotations",
            "import dataclasses, collections.abc, unicodedata",
            "from datetime import datetime, timezone; datetime.fromtimestamp(0, timezone.utc)",
            "from zope.interface import Interface",
            "from zope import interface",
            "from twistchat.chat.model.events import RoomMessage",
            "from twistchat import __version__",
        )
        self.assertRefused(
            "twistchat.chat.model.rooms",
            "import twisted",
            "from twisted.internet.defer import Deferred",
            "from twistchat.interfaces import IOutlet",
            "from twistchat.wire import plain",
            "from twistchat import wire",
            "import twistchat.journal.memory",
            "import twistchat",
            "import zope",
            "import attr",
            "import sqlite3",
            "from socket import socket",
        )

    def test_namesArePrefixesByWholeWords(self) -> None:
        """A permitted name does not permit other names that begin like it."""
        self.assertRefused("twistchat.chat.model.rooms", "import twistchat.chatter", "import zope.interfaces")
        self.assertRefused("twistchat.chatter", "")

    def test_typing(self) -> None:
        """Under C{if TYPE_CHECKING:} every layer may import the interfaces, and nothing else."""
        block = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\nelse:\n    {}\n"
        seam = "from twistchat.interfaces import IOutlet"
        defer = "from twisted.internet.defer import Deferred"
        self.assertAllowed("twistchat.chat.model.rooms", block.format(seam, "pass"))
        self.assertAllowed("twistchat.chat.model.rooms", block.format(seam, "pass").replace("if T", "if typing.T"))
        self.assertRefused("twistchat.chat.model.rooms", block.format("pass", seam), block.format(defer, "pass"))
        self.assertRefused("twistchat.chat.model.rooms", block.format("pass", "pass") + seam)
        self.assertRefused("twistchat.chat.model.rooms", block.format(seam, "pass").replace("if T", "if not T"))
        self.assertAllowed("twistchat.interfaces", block.format(defer, "pass"))
        self.assertRefused("twistchat.interfaces", defer, block.format("import twistchat.tap", "pass"))
        self.assertRefused("twistchat.net.output.turn", block.format("from twisted.internet import reactor", "pass"))

    def test_whereverItStands(self) -> None:
        """Imports are found in functions, classes, conditions and relative forms.  The violation names them."""
        self.assertEqual(
            self.check("twistchat.wire.plain", "def f():\n    class C:\n        import twisted.words"),
            ["twistchat.wire.plain:3: twisted.words"],
        )
        self.assertEqual(
            self.check(
                "twistchat.chat.model.rooms", "try:\n    from ...wire.plain import x\nexcept ImportError:\n    pass"
            ),
            ["twistchat.chat.model.rooms:2: twistchat.wire.plain.x"],
        )
        self.assertEqual(self.check("twistchat.chat.model.rooms", "from . import events"), [])
        self.assertEqual(
            self.check("twistchat.chat.model.rooms", "from ... import tap"),
            ["twistchat.chat.model.rooms:1: twistchat.tap"],
        )
        self.assertEqual(self.check("twistchat.chat", "from . import events", package=True), [])
        self.assertEqual(
            self.check("twistchat.chat", "from ..net import turn", package=True),
            ["twistchat.chat:1: twistchat.net.turn"],
        )

    def test_wire(self) -> None:
        """The wire imports the chat and the interfaces, and nothing of Twisted."""
        self.assertAllowed(
            "twistchat.wire.plain",
            "import twistchat.chat.model.events",
            "import twistchat.wire.lines",
            "from twistchat.interfaces import IDialect",
        )
        self.assertRefused("twistchat.wire.plain", "import twisted.python", "import twistchat.doors", "import asyncio")

    def test_journal(self) -> None:
        """The journal knows the chat, the interfaces and Deferreds."""
        self.assertAllowed(
            "twistchat.journal.sqlite.log",
            "import sqlite3, threading",
            "from twisted.internet import defer",
            "from twisted.python.failure import Failure",
            "from twistchat.interfaces import ILog",
            "from twistchat.journal.sqlite.writing import writer",
        )
        self.assertRefused("twistchat.journal.history.reader", "import twistchat.journal.sqlite.writing.writer")
        self.assertRefused(
            "twistchat.journal.sqlite.log",
            "import twistchat.journal.history.reader",
            "from twisted.internet import threads",
            "import twistchat.wire.plain",
            "import twistchat.config",
        )

    def test_accounts(self) -> None:
        """Accounts know the chat and the hashes of passwords, but no doors or journals."""
        self.assertAllowed(
            "twistchat.accounts.secrets.passwords",
            "import argon2.exceptions",
            "from twisted.internet.defer import Deferred",
            "from twistchat.worker import Worker",
            "from twistchat.chat.errors import ChatError",
        )
        self.assertRefused(
            "twistchat.accounts.secrets.passwords",
            "from twisted.internet import threads",
            "import twistchat.journal.sqlite.store",
            "import twistchat.net.context",
            "import twistchat.config",
            "import secrets",
        )
        self.assertRefused("twistchat.worker", "import twistchat.journal", "import twisted.internet.defer")

    def test_config(self) -> None:
        """The settings know the limits of the chat, and nothing else."""
        self.assertAllowed("twistchat.config.settings", "from twistchat.chat.limits import ChatLimits")
        self.assertRefused(
            "twistchat.config.builder", "import twisted", "import twistchat.interfaces", "import twistchat.doors"
        )

    def test_connections(self) -> None:
        """C{net} and the protocols import Twisted and the layers below."""
        for module in ("twistchat.protocols.line", "twistchat.protocols.irc.protocol", "twistchat.net.output.turn"):
            self.assertAllowed(
                module,
                "from twisted.internet.protocol import Protocol",
                "from twisted.internet import task",
                "from twistchat.interfaces import IDoor",
                "from twistchat.config import Settings",
                "from twistchat.net.output.outbox import Outbox",
                "from twistchat.net.output import outbox",
            )
            self.assertRefused(
                module,
                "import twistchat.journal",
                "import twistchat.doors.irc",
                "import twistchat.services",
                "import twistchat.tap",
                "import twistchat.testing",
                "import argon2",
            )
        self.assertRefused("twistchat.net.output.turn", "from twistchat.protocols.line import x")

    def test_doors(self) -> None:
        """A door imports protocols, but not the rules of the chat."""
        self.assertAllowed("twistchat.doors.irc", "from twistchat.protocols.irc.protocol import IrcProtocol")
        self.assertRefused("twistchat.doors.irc", "import twistchat.chat.chat", "import twistchat.services")

    def test_apart(self) -> None:
        """Doors do not import each other, and protocols do not either."""
        self.assertAllowed("twistchat.protocols.irc.protocol", "import twistchat.protocols.irc.commands")
        self.assertRefused("twistchat.protocols.irc.protocol", "from twistchat.protocols import line")
        self.assertRefused(
            "twistchat.protocols.line", "import twistchat.protocols.irc.commands", "from .irc import commands"
        )
        self.assertRefused("twistchat.doors.web.page", "from twistchat.doors import irc", "import twistchat.doors.line")
        self.assertAllowed("twistchat.doors.web", "import twistchat.doors.web.page, twistchat.protocols.irc")
        self.assertAllowed("twistchat.tap", "import twistchat.protocols.line, twistchat.protocols.irc")

    def test_world(self) -> None:
        """Only the composition root and C{testing} take the reactor, a clock or randomness."""
        takes = (
            "from twisted.internet import reactor",
            "import twisted.internet.reactor",
            "from twisted.internet.reactor import callLater",
            "import twisted.internet\ntwisted.internet.reactor.callLater(0, f)",
            "import time",
            "from time import monotonic as clock",
            "import random",
            "from secrets import token_hex",
            "import uuid",
            "from os import urandom",
            "import os\nos.urandom(8)",
            "import os as system\ndef f(source=system.urandom): pass",
            "import datetime\ndatetime.datetime.now(datetime.timezone.utc)",
            "from datetime import datetime as moment\nmoment.now()",
            "from datetime import date\ndate.today().isoformat()",
        )
        for layer in ("chat.x", "wire.x", "journal.x", "net.x", "protocols.line", "doors.line", "config", "interfaces"):
            self.assertRefused(f"twistchat.{layer}", *takes)
        self.assertAllowed("twistchat.console", "import secrets")
        for layer in ("tap", "testing"):
            self.assertAllowed(f"twistchat.{layer}", *takes)
        self.assertAllowed("twistchat.doors.x", "import os\nos.environ.get('X')", "self.time.time()", "reactor.now()")

    def test_roots(self) -> None:
        """C{tap} and C{testing} import everything of twistchat, and the common packages."""
        everything = (
            "import twistchat, twistchat.journal.memory, twistchat.config, twistchat.protocols.line, twisted.plugin"
        )
        for module in ("twistchat.tap", "twistchat.testing"):
            self.assertAllowed(module, everything)
            self.assertRefused(module, "import yaml")

    def test_service(self) -> None:
        """The service gets its journal and its reactor as arguments."""
        self.assertAllowed("twistchat.services.service", "import twisted.application.service, twistchat.net.context")
        self.assertRefused("twistchat.services.service", "import twistchat.journal.memory", "import twistchat.tap")

    def test_unknownPart(self) -> None:
        """A part without a row is refused, even without imports."""
        self.assertEqual(self.check("twistchat.plumbing", ""), ["twistchat.plumbing: has"])

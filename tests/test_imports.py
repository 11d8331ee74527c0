"""
Who may import whom: the directions of the design, held by reading every import of every module.

L{LAYERS}, L{WORLD} and L{OUTSIDE} are the rules; the rest compares.  Nothing is imported to be checked.
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
    What the modules of one part of the house may import, beside the standard library.

    @ivar may: names that they may import.
    @ivar typing: names that they may import under C{if TYPE_CHECKING:} only.
    @ivar pure: whether they are kept from what L{OUTSIDE} names.
    @ivar world: whether they may take what L{WORLD} names.
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
        may=("zope.interface", "twisted.internet.interfaces"),
        typing=("twisted.internet.defer", "twisted.python.failure", "twistchat.chat", "twistchat.doors"),
    ),
    "twistchat.chat": Layer(may=("zope.interface", "twistchat.chat"), pure=True),
    # A dialect says at run time that it is an IDialect.
    "twistchat.wire": Layer(
        may=("zope.interface", "twistchat.interfaces", "twistchat.chat", "twistchat.wire"),
        pure=True,
    ),
    "twistchat.config": Layer(may=("twistchat.chat", "twistchat.config")),
    "twistchat.journal": Layer(
        may=(
            "zope.interface",
            "twisted.internet.defer",
            "twisted.internet.interfaces",
            "twisted.logger",
            "twisted.python",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.journal",
            "twistchat.worker",
        ),
    ),
    "twistchat.accounts": Layer(
        may=(
            "argon2",
            "zope.interface",
            "twisted.internet.defer",
            "twisted.python",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.accounts",
            "twistchat.worker",
        ),
    ),
    "twistchat.worker": Layer(may=("twisted.python",)),
    # A door imports no other door either: see L{findDoors}.
    "twistchat.doors": Layer(
        may=(
            "zope.interface",
            "automat",
            "twisted",
            "OpenSSL",
            "cryptography",
            "twistchat.chat",
            "twistchat.wire",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.doors",
        ),
    ),
    "twistchat.service": Layer(
        may=(
            "zope.interface",
            "twisted",
            "twistchat.chat",
            "twistchat.interfaces",
            "twistchat.config",
            "twistchat.doors",
        ),
    ),
    "twistchat.options": Layer(may=("twisted", "twistchat.config", "twistchat.interfaces")),
    # A command is a program of its own, which takes its own randomness.
    "twistchat.console": Layer(
        may=("twisted.python", "twistchat.accounts", "twistchat.chat", "twistchat.journal", "twistchat.options"),
        world=True,
    ),
    "twistchat.tap": Layer(may=("zope.interface", "twisted", "twistchat"), world=True),
    "twistchat.testing": Layer(may=("zope.interface", "twisted", "twistchat"), world=True),
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


def findDoors(modules: Iterable[Module]) -> frozenset[str]:
    """
    Which modules are doors, rather than what doors share: every package below C{twistchat.doors}, and every module in
    it with a class that is C{@implementer(IDoor)}.
    """
    doors = set()
    for module in modules:
        if module.name.startswith("twistchat.doors."):
            name = ".".join(module.name.split(".")[:3])
            if module.package or module.name != name or implementsDoor(module.tree):
                doors.add(name)
    return frozenset(doors)


def implementsDoor(tree: ast.Module) -> bool:
    """Whether a class of this module says that it provides C{IDoor}."""
    return any(
        isinstance(decorator, ast.Call)
        and ast.unparse(decorator.func).rpartition(".")[2] == "implementer"
        and any(ast.unparse(argument).rpartition(".")[2] == "IDoor" for argument in decorator.args)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
    )


def under(name: str, tops: Iterable[str]) -> str | None:
    """The longest of C{tops} that C{name} is, or is below."""
    return max((top for top in tops if name == top or name.startswith(f"{top}.")), key=len, default=None)


def layerOf(module: str) -> Layer | None:
    """The rules for a module.  The top package's row is for its C{__init__.py} alone."""
    row = under(module, LAYERS)
    return LAYERS[row] if row is not None and (row != "twistchat" or module == row) else None


def violations(module: Module, doors: frozenset[str]) -> Iterator[str]:
    """
    What breaks the rules in one module.

    @return: a sentence each, which begins with the module and the line.
    """
    layer = layerOf(module.name)
    if layer is None:
        yield f"{module.name}: has no row in LAYERS; give it one, or put it into a part that has"
        return
    reader = UseReader(module)
    reader.visit(module.tree)
    may = (*ANYWHERE, *layer.may)
    home = under(module.name, doors)
    for use in reader.uses:
        where = f"{module.name}:{use.line}:"
        allowed = (*may, *ANYWHERE_TYPING, *layer.typing) if use.typing else may
        door = under(use.name, doors)
        if not layer.world and under(use.name, WORLD):
            yield f"{where} {use.name} is an argument everywhere but in the tap and in testing"
        elif not use.imported:
            continue
        elif use.name.partition(".")[0] in sys.stdlib_module_names:
            if layer.pure and under(use.name, OUTSIDE):
                yield f"{where} {use.name} reaches outside, and this layer does not"
        elif not under(use.name, allowed):
            yield f"{where} {use.name} is none of {', '.join(allowed)}"
        elif door is not None and door != home and module.name.startswith("twistchat.doors"):
            yield f"{where} {use.name} is another door; what doors share is a plain module of twistchat.doors"


# The tests


class DirectionTests(SynchronousTestCase):
    """The imports of twistchat."""

    def setUp(self) -> None:
        """Read the modules."""
        self.modules = readModules(Path(__file__).resolve().parent.parent / "src")

    def test_everyModuleIsRead(self) -> None:
        """Every kind of module is found: the package itself, its modules, and the modules of its packages."""
        packages = {module.name: module.package for module in self.modules}
        expected = {
            "twistchat": True,
            "twistchat.interfaces": False,
            "twistchat.chat": True,
            "twistchat.chat.events": False,
        }
        self.assertLessEqual(expected.items(), packages.items())

    def test_directions(self) -> None:
        """No module imports what its layer may not."""
        doors = findDoors(self.modules)
        found = [violation for module in self.modules for violation in violations(module, doors)]
        if found:
            self.fail("\n".join(found))


class CheckerTests(SynchronousTestCase):
    """The check itself: it finds what it is for, and nothing else."""

    doors = frozenset({"twistchat.doors.line", "twistchat.doors.irc"})

    def check(self, module: str, source: str, *, package: bool = False) -> list[str]:
        """What is wrong with a module of this source: the module, the line and the name of each violation."""
        found = violations(Module(module, package, ast.parse(source)), self.doors)
        return [" ".join(violation.split(" ")[:2]) for violation in found]

    def assertAllowed(self, module: str, *sources: str) -> None:
        """Fail where a module of one of these sources would break a rule."""
        for source in sources:
            self.assertEqual(self.check(module, source), [], source)

    def assertRefused(self, module: str, *sources: str) -> None:
        """Fail where a module of one of these sources would break no rule."""
        for source in sources:
            self.assertNotEqual(self.check(module, source), [], source)

    def test_chat(self) -> None:
        """The chat imports the standard library, zope.interface and itself."""
        self.assertAllowed(
            "twistchat.chat.rooms",
            "from __future__ import annotations",
            "import dataclasses, collections.abc, unicodedata",
            "from datetime import datetime, timezone; datetime.fromtimestamp(0, timezone.utc)",
            "from zope.interface import Interface",
            "from zope import interface",
            "from twistchat.chat.events import Said",
            "from twistchat import __version__",
        )
        self.assertRefused(
            "twistchat.chat.rooms",
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
        """What may be imported does not allow a name that only begins like it."""
        self.assertRefused("twistchat.chat.rooms", "import twistchat.chatter", "import zope.interfaces")
        self.assertRefused("twistchat.chatter", "")

    def test_typing(self) -> None:
        """Under C{if TYPE_CHECKING:} the interfaces are free for all, and nothing else is."""
        block = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\nelse:\n    {}\n"
        seam = "from twistchat.interfaces import IOutlet"
        defer = "from twisted.internet.defer import Deferred"
        self.assertAllowed("twistchat.chat.rooms", block.format(seam, "pass"))
        self.assertAllowed("twistchat.chat.rooms", block.format(seam, "pass").replace("if T", "if typing.T"))
        self.assertRefused("twistchat.chat.rooms", block.format("pass", seam), block.format(defer, "pass"))
        self.assertRefused("twistchat.chat.rooms", block.format("pass", "pass") + seam)
        self.assertRefused("twistchat.chat.rooms", block.format(seam, "pass").replace("if T", "if not T"))
        self.assertAllowed("twistchat.interfaces", block.format(defer, "pass"))
        self.assertRefused("twistchat.interfaces", defer, block.format("import twistchat.tap", "pass"))
        self.assertRefused("twistchat.doors.turn", block.format("from twisted.internet import reactor", "pass"))

    def test_whereverItStands(self) -> None:
        """An import is found in a function, a class, a condition and a relative form; the finding names it."""
        self.assertEqual(
            self.check("twistchat.wire.plain", "def f():\n    class C:\n        import twisted.words"),
            ["twistchat.wire.plain:3: twisted.words"],
        )
        self.assertEqual(
            self.check("twistchat.chat.rooms", "try:\n    from ..wire.plain import x\nexcept ImportError:\n    pass"),
            ["twistchat.chat.rooms:2: twistchat.wire.plain.x"],
        )
        self.assertEqual(self.check("twistchat.chat.rooms", "from . import events"), [])
        self.assertEqual(
            self.check("twistchat.chat.rooms", "from .. import tap"), ["twistchat.chat.rooms:1: twistchat.tap"]
        )
        self.assertEqual(self.check("twistchat.chat", "from . import events", package=True), [])
        self.assertEqual(
            self.check("twistchat.chat", "from ..doors import turn", package=True),
            ["twistchat.chat:1: twistchat.doors.turn"],
        )

    def test_wire(self) -> None:
        """The wire imports the chat and the interfaces, and nothing of Twisted."""
        self.assertAllowed(
            "twistchat.wire.plain",
            "import twistchat.chat.events",
            "import twistchat.wire.lines",
            "from twistchat.interfaces import IDialect",
        )
        self.assertRefused("twistchat.wire.plain", "import twisted.python", "import twistchat.doors", "import asyncio")

    def test_journal(self) -> None:
        """The journal knows the chat, the interfaces and Deferreds."""
        self.assertAllowed(
            "twistchat.journal.sqlite",
            "import sqlite3, threading",
            "from twisted.internet import defer",
            "from twisted.python.failure import Failure",
            "from twistchat.interfaces import IJournal",
            "from twistchat.journal import memory",
        )
        self.assertRefused(
            "twistchat.journal.sqlite",
            "from twisted.internet import threads",
            "import twistchat.wire.plain",
            "import twistchat.config",
        )

    def test_accounts(self) -> None:
        """Accounts know the chat and the hashes of passwords, and nothing of doors and journals."""
        self.assertAllowed(
            "twistchat.accounts.passwords",
            "import argon2.exceptions",
            "from twisted.internet.defer import Deferred",
            "from twistchat.worker import Worker",
            "from twistchat.chat.errors import ChatError",
        )
        self.assertRefused(
            "twistchat.accounts.passwords",
            "from twisted.internet import threads",
            "import twistchat.journal.store",
            "import twistchat.doors.backstage",
            "import twistchat.config",
            "import secrets",
        )
        self.assertRefused("twistchat.worker", "import twistchat.journal", "import twisted.internet.defer")

    def test_config(self) -> None:
        """The settings know the limits of the chat, and nothing else of it all."""
        self.assertAllowed("twistchat.config.settings", "from twistchat.chat.limits import Limits")
        self.assertRefused(
            "twistchat.config.draft", "import twisted", "import twistchat.interfaces", "import twistchat.doors"
        )

    def test_doors(self) -> None:
        """A door imports Twisted, the layers below, its own modules and the plain modules of the doors."""
        for door in ("twistchat.doors.line", "twistchat.doors.irc.protocol", "twistchat.doors.turn"):
            self.assertAllowed(
                door,
                "from twisted.internet.protocol import Protocol",
                "from twisted.internet import task",
                "from twistchat.interfaces import IDoor",
                "from twistchat.config import Settings",
                "from twistchat.doors.outbox import Outbox",
                "from twistchat.doors import outbox",
            )
            self.assertRefused(
                door,
                "import twistchat.journal",
                "import twistchat.tap",
                "import twistchat.testing",
                "import argon2",
            )
        self.assertAllowed("twistchat.doors.irc.protocol", "import twistchat.doors.irc.commands")

    def test_doorsApart(self) -> None:
        """No door imports another, and what they share imports none."""
        self.assertRefused("twistchat.doors.irc.protocol", "from twistchat.doors import line")
        self.assertRefused("twistchat.doors.line", "import twistchat.doors.irc.commands", "from .irc import commands")
        self.assertRefused("twistchat.doors.turn", "from twistchat.doors.line import x")
        self.assertAllowed("twistchat.tap", "import twistchat.doors.line, twistchat.doors.irc")

    def test_findDoors(self) -> None:
        """A door is a package of the doors, or a module of theirs with an C{IDoor} in it."""
        door = "@implementer(IDoor)\nclass Door: pass"
        sources = {
            "twistchat.doors.irc": "",
            "twistchat.doors.irc.protocol": "",
            "twistchat.doors.web.page": "",
            "twistchat.doors.line": door,
            "twistchat.doors.ssh": "@zope.interface.implementer(IPlugin, interfaces.IDoor)\nclass Door: pass",
            "twistchat.doors.turn": "@implementer(IDoorFactory)\nclass Base: pass\n@total_ordering\nclass Turn: pass",
            "twistchat.doors": door,
            "twistchat.testing": door,
        }
        modules = [Module(name, name.endswith(("doors", "irc")), ast.parse(text)) for name, text in sources.items()]
        expected = {f"twistchat.doors.{name}" for name in ("irc", "web", "line", "ssh")}
        self.assertEqual(findDoors(modules), expected)

    def test_world(self) -> None:
        """The reactor, a clock or randomness is taken in the composition root and in testing, and nowhere else."""
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
        for layer in ("chat.x", "wire.x", "journal.x", "doors.x", "doors.line", "config", "interfaces"):
            self.assertRefused(f"twistchat.{layer}", *takes)
        self.assertAllowed("twistchat.console", "import secrets")
        for layer in ("tap", "testing"):
            self.assertAllowed(f"twistchat.{layer}", *takes)
        self.assertAllowed("twistchat.doors.x", "import os\nos.environ.get('X')", "self.time.time()", "reactor.now()")

    def test_roots(self) -> None:
        """The tap and testing import everything of ours, and of others what everybody does."""
        everything = (
            "import twistchat, twistchat.journal.memory, twistchat.config, twistchat.doors.line, twisted.plugin"
        )
        for module in ("twistchat.tap", "twistchat.testing"):
            self.assertAllowed(module, everything)
            self.assertRefused(module, "import yaml")

    def test_service(self) -> None:
        """The service is handed its journal, as it is its reactor."""
        self.assertAllowed("twistchat.service", "import twisted.application.service, twistchat.doors.backstage")
        self.assertRefused("twistchat.service", "import twistchat.journal.memory", "import twistchat.tap")

    def test_unknownPart(self) -> None:
        """A part of the house without a row is refused, whatever it imports."""
        self.assertEqual(self.check("twistchat.plumbing", ""), ["twistchat.plumbing: has"])

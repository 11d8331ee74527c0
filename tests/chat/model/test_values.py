"""Tests of L{twistchat.chat.model.values}."""

from __future__ import annotations

from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.values import swift


@dataclass(frozen=True, slots=True)
class Base:
    """What both versions of a value are made of."""

    kind: ClassVar[str] = "base"
    first: str
    label: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Plain(Base):
    """As C{dataclass} makes it."""

    second: int
    third: tuple[str, ...] = ("a",)


@swift
@dataclass(frozen=True, slots=True)
class Swift(Base):
    """The same, with the other constructor."""

    second: int
    third: tuple[str, ...] = ("a",)


class SwiftTests(SynchronousTestCase):
    """A swift value is like any other."""

    def test_arguments(self) -> None:
        """It takes the same arguments, with the same defaults, and refuses the same."""
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
            (("x", 1), {}),
            (("x", 1, ("b",)), {}),
            (("x",), {"second": 2}),
            ((), {"first": "x", "second": 2, "third": (), "label": "l"}),
        ]
        for positional, named in calls:
            plain, made = Plain(*positional, **named), Swift(*positional, **named)
            self.assertIs(type(made), Swift)
            self.assertEqual(repr(made), repr(plain).replace("Plain", "Swift"))
        refused: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
            ((), {}),
            (("x",), {}),
            (("x", 1, (), "l"), {}),
            (("x", 1), {"other": 1}),
        ]
        for positional, named in refused:
            self.assertRaises(TypeError, Plain, *positional, **named)
            self.assertRaises(TypeError, Swift, *positional, **named)

    def test_frozen(self) -> None:
        """Once it is made, nothing of it can be changed."""
        made = Swift("x", 1)
        for name in ("first", "second", "label"):
            with self.assertRaises(FrozenInstanceError):
                setattr(made, name, "y")
            with self.assertRaises(FrozenInstanceError):
                delattr(made, name)
        self.assertEqual(made, Swift("x", 1))
        self.assertFalse(hasattr(made, "__dict__"))

    def test_value(self) -> None:
        """It is compared, hashed, copied and replaced by what it holds."""
        made = Swift("x", 1, label="l")
        self.assertEqual(made, Swift("x", 1, label="l"))
        self.assertEqual(hash(made), hash(Swift("x", 1, label="l")))
        self.assertNotEqual(made, Swift("x", 2, label="l"))
        self.assertEqual(copy(made), made)
        self.assertEqual(replace(made, second=3), Swift("x", 3, label="l"))

    def test_positionalOnly(self) -> None:
        """A value may do without fields that are given by name only."""

        @swift
        @dataclass(frozen=True, slots=True)
        class Pair:
            one: int
            other: int = 2

        self.assertEqual((Pair(1), Pair(1, other=3).other), (Pair(1, 2), 3))

    def test_described(self) -> None:
        """Its constructor says whose it is, and what it takes."""
        made, plain = Swift.__init__, Plain.__init__
        self.assertEqual((made.__qualname__, made.__module__), ("Swift.__init__", __name__))
        self.assertEqual(made.__annotations__, plain.__annotations__)

    def test_factories(self) -> None:
        """A field that is made by a factory, or not given, is refused where the class is."""

        @dataclass(frozen=True, slots=True)
        class Made:
            parts: tuple[str, ...] = field(default_factory=tuple)

        with self.assertRaisesRegex(TypeError, "parts is made by a factory"):
            swift(Made)

        @dataclass(frozen=True, slots=True)
        class Counted:
            count: int = field(default=0, init=False)

        with self.assertRaisesRegex(TypeError, "count is made by a factory, or not given"):
            swift(Counted)

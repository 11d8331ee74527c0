"""
Changes to JSON within inputs.

Bytes that change at random are rarely JSON.  These changes keep it valid, so they reach what reads its values.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

VALUES: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2**31,
        2**63,
        2**70,
        0.5,
        1e308,
        "",
        "a",
        "alice",
        "#a",
        "#",
        "*!*@*",
        "~c:",
        "~a:x",
    ),
    *(
        "q",
        "ov",
        "z",
        "+",
        "0",
        "-5",
        "9" * 30,
        "x\ny",
        "x\r",
        "\0",
        "\ud800",
        "\x1b[31m",
        "\u202e",
        "e\u0301",
        "a b",
        ":a",
    ),
    *(
        "192.0.2.0/33",
        "~m:~c:",
        "1598956000.000001",
        "2026-01-01T12:00:00.000Z",
        "test-1",
        "x" * 600,
        [],
        {},
        [[]],
        {"a": 1},
    ),
)
"""Values of all types, with some that mean something in some place."""


def mutated(data: bytes, random: Random) -> bytes:
    """
    Change some values of JSON in one line of an input.

    @return: the input with the changed line; the same input if it has no JSON.
    """
    lines = data.split(b"\n")
    places = [number for number, line in enumerate(lines) if line[:1] in (b"{", b"[")]
    if not places:
        return data
    number = random.choice(places)
    try:
        value = json.loads(lines[number])
    except (ValueError, RecursionError):
        return data
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        _change(value, random)
    lines[number] = json.dumps(value, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _change(value: Any, random: Random) -> None:
    """Replace, remove or double one value within another, or move it to another place."""
    places = list(_places(value))
    if not places:
        return
    container, key = random.choice(places)
    other, otherKey = random.choice(places)
    what = random.random()
    if what < 0.6:
        container[key] = copy.deepcopy(random.choice(VALUES))
    elif what < 0.8:
        container[key] = copy.deepcopy(other[otherKey])
    elif what < 0.9:
        del container[key]
    elif isinstance(container, list):
        container.insert(random.randint(0, len(container)), copy.deepcopy(container[key]))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return each container within a value with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)

"""Damage to JSON values, for tests with Hypothesis."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "1598956001.000001", "U001", "::", "<", "\x00\ud83d", "0.0", "../..", "tombstone", 2**70, -1]),
    st.recursive(
        st.none(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
        max_leaves=4,
    ),
)
"""Values of all types, with some that mean something."""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return each container within a value with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


@st.composite
def mutations(draw: st.DrawFn, value: Any) -> bytes:
    """Change, remove or double some parts of a value, write it as JSON, and perhaps cut that off."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(value))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["change", "remove", "double"]))
        if what == "change":
            container[key] = draw(VALUES)
        elif what == "remove":
            del container[key]
        elif isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
    data = json.dumps(value).encode()
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 9)) == 0 else data

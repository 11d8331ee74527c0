"""Runs the tests of a module over the second carrier as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import MemoryServer


def overMessages(module: Mapping[str, Any]) -> dict[str, type[SynchronousTestCase]]:
    """
    Make test cases that run the tests of a module over L{WebSockets <twistchat.testing.websockets>}.

    The tests connect clients to a L{MemoryServer}, and their assertions hold for any carrier.  The last line of the
    module is C{globals().update(overMessages(globals()))}.

    @param module: the names of the module.
    @return: a test case for each one of the module, by its name.
    """
    cases = [
        case
        for case in module.values()
        if isinstance(case, type) and issubclass(case, SynchronousTestCase) and case.__module__ == module["__name__"]
    ]
    return {f"{case.__name__}OverMessages": _overMessages(case) for case in cases}


def _overMessages(case: type[SynchronousTestCase]) -> type[SynchronousTestCase]:
    def setUp(self: SynchronousTestCase) -> None:
        self.patch(MemoryServer, "messages", True)
        case.setUp(self)

    name = f"{case.__name__}OverMessages"
    names = {"setUp": setUp, "__module__": case.__module__, "__doc__": case.__doc__, "__qualname__": name}
    return type(name, (case,), names)

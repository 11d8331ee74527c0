"""
What a client has to say before it is in: a machine that is fed facts, and knows when all of them are there.

A client is in when it has given a nick and a username, and does not negotiate capabilities any more
(modern.ircdocs.horse, "Connection Registration"; IRCv3 capability-negotiation).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Protocol

from automat import TypeMachineBuilder


class Registration(Protocol):
    """Facts about a client that is coming in.  Each may be told in any state, and more than once."""

    def named(self) -> None:
        """It has given a nick that it can have."""

    def described(self) -> None:
        """It has given its username and realname."""

    def negotiates(self) -> None:
        """It has begun to negotiate capabilities."""

    def agrees(self) -> None:
        """It has ended that."""

    def refused(self) -> None:
        """It could not come in under that nick, and needs another."""

    def welcomed(self) -> None:
        """It is in; nothing that is told after this changes anything."""


class Complete:
    """What the machine does."""

    def __init__(self, enter: Callable[[], None]) -> None:
        """
        @param enter: called when all that is needed is there, once for each nick that may do.
        """
        self.enter = enter


def _enter(machine: Registration, core: Complete) -> None:
    core.enter()


def _build() -> Callable[[Complete], Registration]:
    """
    Lay out the states: what is known of the client so far, then that it is entering, then that it is in.
    """
    builder = TypeMachineBuilder(Registration, Complete)
    facts = list(product((False, True), repeat=3))
    gathering = {
        (named, described, negotiating): builder.state(
            f"named: {named}, described: {described}, negotiating: {negotiating}"
        )
        for named, described, negotiating in facts
        if not (named and described and not negotiating)
    }
    entering = builder.state("entering")
    inside = builder.state("inside")
    for (named, described, negotiating), state in gathering.items():
        for told, after in (
            (Registration.named, (True, described, negotiating)),
            (Registration.described, (named, True, negotiating)),
            (Registration.negotiates, (named, described, True)),
            (Registration.agrees, (named, described, False)),
        ):
            if after in gathering:
                state.upon(told).to(gathering[after]).returns(None)
            else:
                state.upon(told).to(entering)(_enter)
        state.upon(Registration.refused).to(gathering[False, described, negotiating]).returns(None)
        state.upon(Registration.welcomed).to(inside).returns(None)
    entering.upon(Registration.refused).to(gathering[False, True, False]).returns(None)
    entering.upon(Registration.welcomed).to(inside).returns(None)
    for told in (Registration.named, Registration.described, Registration.negotiates, Registration.agrees):
        entering.upon(told).loop().returns(None)
        inside.upon(told).loop().returns(None)
    inside.upon(Registration.refused).loop().returns(None)
    inside.upon(Registration.welcomed).loop().returns(None)
    return builder.build()


begin = _build()
"""Makes the machine of one client, from a L{Complete}."""

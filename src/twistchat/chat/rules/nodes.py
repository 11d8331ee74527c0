"""
The nodes of a cluster: what happens when one joins, and when one is lost.

The users of a lost node do not leave at once: that would be thousands of quits in one entry.  Their sessions are
orphans.  The leader ends each of them with an entry of its own, a few at a time (L{Orphans}).

A session can also begin after its connection was lost, if nobody knew in time whether it would.  Its own node ends it.

A node that is lost may go on running, if only its connection failed.  It learns of that when it reads the entry: then
it disconnects all its sessions, because the others have ended them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.events import Entry, NodeJoined, NodeLost, SessionEnded
from twistchat.chat.model.nodes import Orphan
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import User
from twistchat.chat.rules.core import Core, Effects

if TYPE_CHECKING:
    from twistchat.chat.state import State

CUT_OFF: Final = "This server was cut off from the others; connect again"
"""What clients are told whose node is lost."""

MOST_ENDED: Final = 50
"""The number of orphans whose ends are on their way to the journal at the same time."""

RETRY: Final = 5.0
"""Seconds until the end of an orphan is proposed again that was refused."""


class Orphans:
    """
    Proposes to end the sessions whose nodes are lost, if this node leads.

    It also ends the sessions of this node that began after their connections were lost.
    """

    def __init__(self, core: Core, later: Callable[[float], None], leads: Callable[[], bool]) -> None:
        """
        @param later: requests a call of L{tend} in this many seconds, or earlier.
        @param leads: returns whether this node proposes what no user asks for.
        """
        self._core = core
        self._later = later
        self._leads = leads
        self._ending: set[str] = set()
        self._refused: set[str] = set()  # until the next tend
        self._asked = False

    def __bool__(self) -> bool:
        nodes = self._core.state.nodes
        return bool(nodes.orphans or nodes.strays)

    def tend(self) -> None:
        """Propose again what was refused."""
        self._refused.clear()
        self.check()

    def check(self) -> None:
        """
        React to a change of the nodes, in constant time.

        The proposals follow when the entries on their way are applied: no effect is in progress then.
        """
        nodes = self._core.state.nodes
        if ((nodes.orphans and self._leads()) or nodes.strays) and not self._asked:
            self._asked = True
            self._core.log.settled(self._propose)

    def _propose(self) -> None:
        while ready := self._ready():
            for orphan in ready:
                self._end(orphan)
        self._asked = False

    def _ready(self) -> list[Orphan]:
        """The orphans whose ends can be proposed now."""
        nodes = self._core.state.nodes
        waiting = chain(nodes.strays.values(), nodes.orphans.values() if self._leads() else ())
        ready = (one for one in waiting if one.session not in self._ending and one.session not in self._refused)
        return list(islice(ready, MOST_ENDED - len(self._ending) - len(self._refused)))

    def _end(self, orphan: Orphan) -> None:
        user = self._core.state.users.get(orphan.uid)
        if user is None or orphan.session not in user.elsewhere:
            self._refused.add(orphan.session)
            return
        self._ending.add(orphan.session)
        rooms = tuple(user.rooms) if self._isLast(user) else ()
        isOwn = orphan.node == self._core.state.nodes.own
        reason = "connection lost" if isOwn else f"Lost the connection to {orphan.name}"

        def ended(_: object) -> None:
            self._ending.discard(orphan.session)
            self.check()

        def failed(_: object) -> None:
            self._refused.add(orphan.session)
            self._ending.discard(orphan.session)
            self._later(RETRY)

        ending = self._core.log.append(SessionEnded(user.source, orphan.session, orphan.node, reason, rooms))
        ending.addCallbacks(ended, failed)

    def _isLast(self, user: User) -> bool:
        """Whether a user leaves with the sessions that are ending."""
        remaining = any(not session.closed for session in user.sessions.values())
        return not (user.stays or remaining or any(session not in self._ending for session in user.elsewhere))


# Effects


def _nodeJoined(state: State, entry: Entry, event: NodeJoined, origin: Origin | None) -> None:
    for earlier in state.nodes.earlier(event.node, event.name):
        _lose(state, earlier)
    state.nodes.join(event.node, event.name)
    state.nodesChanged()


def _nodeLost(state: State, entry: Entry, event: NodeLost, origin: Origin | None) -> None:
    _lose(state, event.node)
    state.nodesChanged()


def _lose(state: State, node: str) -> None:
    """Let a node no longer take part, and make its sessions orphans."""
    name = state.nodes.lose(node)
    if node == state.nodes.own:
        # Also those that are about to enter: what they have proposed is lost.
        entering = [session for session in state.sessions.values() if session.user is None]
        state.broadcast.departures.disconnect(entering, CUT_OFF)
        cutOff(state)
    for user in state.users:
        if user.elsewhere:
            left = sorted([session for session, its in user.elsewhere.items() if its == node])
            state.nodes.orphan(user.source.uid, left, node, name)


def cutOff(state: State) -> None:
    """
    Disconnect the users of this process, because this node is lost.  Each of their sessions now is a session of the
    lost node, as it is on all other nodes, and hears nothing more.
    """
    own = state.nodes.own
    for user in state.users:
        if not user.sessions:
            continue
        state.broadcast.departures.disconnect(list(user.sessions.values()), CUT_OFF)
        for session in user.sessions.values():
            for room in user.rooms.values():
                room.audience.remove(session)
            state.watchers.forget(session)
            session.left, session.user = user.source, None
        user.elsewhere = {**user.elsewhere, **dict.fromkeys(user.sessions, own)}
        user.sessions = {}


EFFECTS: Effects = {
    NodeJoined: _nodeJoined,
    NodeLost: _nodeLost,
}
"""The effect of each class of event."""

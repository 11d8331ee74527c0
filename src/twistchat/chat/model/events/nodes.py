"""
Events of the nodes of a cluster: a process begins and ceases to take part in the chat.

The log decides which processes may take part.  A single node has no such events.
"""

from __future__ import annotations

from msgspec import field

from twistchat.chat.model.events.base import Event


class NodeJoined(Event, frozen=True, gc=False):
    """
    A node takes part from now on.  An earlier id of the same name does not any more.

    Its source is L{SERVER <twistchat.chat.model.events.base.SERVER>}.

    @ivar node: its id, which no other node has, and which it does not have again after a restart.
    @ivar name: its name, as the administrator has configured it.
    @ivar speaks: the lowest and the highest version of the format of the journal's stream that it can work with.
    @ivar unicode: the version of its Unicode tables, which decide which nicks are the same.
    @ivar agreed: settings that must be equal on all nodes, by their keys.
    @ivar release: the version of its software.
    """

    node: str
    name: str
    speaks: tuple[int, int] = (1, 1)
    unicode: str = ""
    agreed: dict[str, str] = field(default_factory=dict)
    release: str = ""


class NodeLost(Event, frozen=True, gc=False):
    """
    A node does not take part any more: it has stopped, or the others have not heard of it for too long.

    Its sessions end, see L{Orphan <twistchat.chat.model.nodes.Orphan>}.  Its source is L{SERVER
    <twistchat.chat.model.events.base.SERVER>}.

    @ivar node: its id.
    @ivar reason: why, in a few words for administrators.
    """

    node: str
    reason: str = ""

"""What the witnesses wrote down: the fate of each text, and what each connection was shown.  Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.cluster.messages import Text


@dataclass(slots=True)
class Fate:
    """
    What became of one text.

    @ivar text: the text.
    @ivar room: where it was said.
    @ivar node: the node on which it was said.
    @ivar sent: when it was sent, by C{time.monotonic}.
    @ivar answer: C{"taken"} if its sender received the echo; C{"refused"}, C{"unknown"} or C{"denied"} as
        L{messages.verdict} has them; C{"cut"} if the connection ended before; C{None} if there was no answer.
    @ivar at: when that was, by C{time.monotonic}; infinite if there was none.
    @ivar msgid: the message id of a text that was taken.
    @ivar words: the server's words about a text that was not.
    """

    text: Text
    room: str
    node: str
    sent: float
    answer: str | None = None
    at: float = float("inf")
    msgid: str = ""
    words: str = ""

    @property
    def taken(self) -> bool:
        """Whether the text was acknowledged."""
        return self.answer == "taken"


Heard = tuple[str, Text]
"""A text that a client was shown, with its message id; the id is empty at the line door."""


@dataclass(slots=True)
class Stream:
    """
    The texts of a room that one connection was shown, in order.

    @ivar client: the name of the client.
    @ivar node: the node to which it was connected.
    @ivar room: the room.
    @ivar kind: C{"live"} for what was sent to it from its join on; C{"history"} for what it asked for.
    @ivar heard: the texts.
    """

    client: str
    node: str
    room: str
    kind: str
    heard: list[Heard] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outage:
    """
    A time in which a client was not connected.

    @ivar client: its name.
    @ivar node: its node.
    @ivar begin: when its connection ended, by C{time.monotonic}.
    @ivar end: when it was back in its rooms.
    """

    client: str
    node: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Leaving:
    """
    A client saw that a user left the chat.

    @ivar client: the client that saw it.
    @ivar nick: the nick of the user.
    @ivar at: when that was, by C{time.monotonic}.
    @ivar after: the last text of each room that the client was shown before; rooms without one are left out.
    """

    client: str
    nick: str
    at: float
    after: Mapping[str, Text]


@dataclass(slots=True)
class Observations:
    """
    Everything that the witnesses of a scenario wrote down.

    @ivar fates: the fate of each text, in the order of sending.
    @ivar streams: what each connection was shown.
    @ivar outages: when clients were not connected.
    @ivar leavings: what readers saw of users who left.
    @ivar late: the longest delay of a text before it was sent, in seconds: it shows how busy the machine is.
    """

    fates: dict[Text, Fate] = field(default_factory=dict)
    streams: list[Stream] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    leavings: list[Leaving] = field(default_factory=list)
    late: float = 0.0

    def say(self, text: Text, room: str, node: str, now: float) -> Fate:
        """Write down that a text is sent."""
        fate = self.fates[text] = Fate(text, room, node, now)
        return fate

    def of(self, *answers: str | None) -> Iterator[Fate]:
        """Return the fates with one of these answers."""
        return (fate for fate in self.fates.values() if fate.answer in answers)


@dataclass(frozen=True, slots=True)
class Fault:
    """
    Something that was done to the cluster.

    @ivar words: what, in a few words.
    @ivar begin: when it began, by C{time.monotonic}.
    @ivar end: when it was over: the processes were started or went on, or the links were healed.
    @ivar out: the nodes on which nobody could write meanwhile.
    @ivar mute: those of them that could not tell their clients so, because their processes did not run.
    """

    words: str
    begin: float
    end: float
    out: frozenset[str] = frozenset()
    mute: frozenset[str] = frozenset()

"""The commands about a cluster, which are used on the machine of one of its nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twistchat.chat.phrasing import counted
from twistchat.console.cluster.leaving import LeaveOptions
from twistchat.console.cluster.reseeding import ReseedOptions
from twistchat.console.cluster.views import overview
from twistchat.console.group import CommandGroup
from twistchat.console.options import Refused
from twistchat.console.reaching import askServer
from twistchat.console.server.running import RunningOptions
from twistchat.services.control.wire import ControlError


class NodeOptions(RunningOptions):
    """Options of a command about a node that runs."""

    dataHelp = "The data directory of the node, which has its socket."

    def askNode(self, command: str) -> Mapping[str, Any]:
        """Let the node execute a command of L{twistchat.services.control.cluster}.  See L{askServer}."""
        named = self["data"] is not None
        try:
            return askServer(self.settings, f"cluster.{command}", {}, lambda part: None, named=named)
        except ControlError as e:
            if e.code != "NO_SUCH_COMMAND":
                raise
            raise Refused("this server is no node of a cluster; see journal.kind") from None


class ClusterStatusOptions(NodeOptions):
    """C{twistchat cluster status}."""

    longdesc = (
        "Shows the cluster as this node sees it: the nodes that take part, which of them leads, how far this node has "
        "followed the stream, and which brokers have it.  Exits with status 1 if this node does not run, or cannot "
        "write."
    )
    examples: ClassVar = ["twistchat cluster status", "twistchat cluster status --json --data /var/lib/twistchat"]
    optFlags: ClassVar = [["json", None, "Write a JSON object."]]

    def run(self) -> None:
        """
        Show the cluster.

        @raise SystemExit: this node cannot write.
        """
        answer = self.askNode("status")
        if self["json"]:
            print(json.dumps(answer, indent=2, sort_keys=True))
        else:
            print(*overview(answer), sep="\n")
        if answer["trouble"] is not None:
            raise SystemExit(1)


class DrainOptions(NodeOptions):
    """C{twistchat cluster drain}."""

    longdesc = (
        "Stops this node so that its clients lose nothing: it accepts no more connections, tells its clients to "
        "connect again, waits until all other nodes know that they have left, and stops.  The other nodes go on.  Use "
        "it before you upgrade a node."
    )
    examples: ClassVar = ["twistchat cluster drain"]

    def run(self) -> None:
        """Drain the node."""
        print(f"This node stops; {counted(self.askNode('drain')['sessions'], 'session')} ended")


class ClusterGroup(CommandGroup):
    """C{twistchat cluster}."""

    usage = "Usage: twistchat cluster COMMAND [options]"
    start = "Usage: twistchat cluster"
    longdesc = "These commands are about the cluster of which this server is a node."
    commandList: ClassVar[Sequence[Sequence[Any]]] = [
        ["status", None, ClusterStatusOptions, "Show the nodes, the stream, and what this node has of it."],
        ["drain", None, DrainOptions, "Move the clients of this node to others, and stop it."],
        ["reseed", None, ReseedOptions, "Replace a lost stream by one that continues the copy of this node."],
        ["leave", None, LeaveOptions, "Take the copy of this node out of its cluster, for a single server."],
    ]
    groups: ClassVar = [("Commands", commandList)]

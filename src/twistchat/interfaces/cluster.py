"""What the log of a cluster's node tells its administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Mapping


class IClusterLog(Interface):
    """
    What an L{ILog <twistchat.interfaces.log.ILog>} also provides if several nodes share its journal.

    It is apart from C{ILog}, because a journal that one process has for itself knows nothing of this.
    """

    def overview() -> Mapping[str, Any]:
        """
        Say how the cluster is, as this node sees it.  It does not block, and can be called at any time.

        @return: plain values, for JSON:

            - C{node}: the id of this node; C{""} if it takes no part.
            - C{members}: the nodes that take part, each with C{node} (its id), C{name} and C{release}.
            - C{position}, C{first}, C{last}: the numbers of the last message of the stream that this node has followed,
              and of the first and the last message of the stream.
            - C{lag}: how many messages this node has to follow to its end.
            - C{entry}: the sequence number of the last entry.
            - C{behind}: how many entries wait for the disk of this node.
            - C{inFlight}: how many events this node has proposed that have not come back.
            - C{trouble}: see L{ILog.trouble <twistchat.interfaces.log.ILog.trouble>}.
            - C{connected}, C{broker}, C{leader}, C{elections}, C{reconnections}, C{replicas}: see L{StreamStatus
              <twistchat.interfaces.stream.StreamStatus>}.
        """

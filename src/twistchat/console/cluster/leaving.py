"""The command that takes the copy of a node out of its cluster."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from twistchat.console.offline import becomeOwner
from twistchat.console.options import JournalOptions, Refused
from twistchat.journal.sqlite.writing.writer import Writer


class LeaveOptions(JournalOptions):
    """C{twistchat cluster leave}."""

    longdesc = (
        "Takes the journal of a node that is stopped out of its cluster, so that a single server can use it.  It "
        "cannot go back: to make a node of this machine again, start with a copy of another node.\n\n"
        "Without --yes it changes nothing."
    )
    examples: ClassVar = ["twistchat cluster leave --yes"]
    optFlags: ClassVar = [["yes", None, "Leave the cluster."]]

    def run(self) -> None:
        """
        Leave the cluster, or say that it is possible.

        @raise Refused: the journal is not the copy of a node.
        @raise JournalUnusable: it cannot be opened, for example because the node runs.
        """
        path = self.path()
        becomeOwner(path.parent.absolute())
        writer = Writer(str(path.parent), "full", _never, _never)
        try:
            if not writer.hasSnapshot:
                raise Refused(f"{path} is not the copy of a node of a cluster")
            if not self["yes"]:
                print(f"{path} is the copy of a node.  Nothing was changed.  Add --yes to take it out of its cluster")
                return
            writer.dropSnapshot()
            writer.scrub()
        finally:
            writer.abandon()
        print(f'{path} is out of its cluster.  Start a single server with journal.kind = "sqlite"')


def _never() -> NoReturn:
    """Called for the name or the key of a new file: this one has both."""
    raise AssertionError("the journal has no name and no key")

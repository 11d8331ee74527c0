"""Nobody sees a text before it is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.broken import Broken
from tests.simulation.promises.promise import Promise

if TYPE_CHECKING:
    from tests.simulation.ledger import Text
    from twistchat.chat.errors import ChatError
    from twistchat.chat.model.events import Entry


class Durability(Promise):
    """Each text that a client sees is on disk.  After a failed sync nothing more is written."""

    def applied(self, entry: Entry, refused: ChatError | None) -> None:
        """An entry that is stored after a failed sync may be lost, whatever the file seems to have."""
        disk = self.world.disk
        if disk.broken and entry.event.durable and entry.sequence > disk.last:
            raise Broken("after a failed sync nothing is written", f"entry {entry.sequence}: {entry.event}")

    def seen(self, text: Text) -> None:
        """A client sees a text: it must be on disk, unless it was redacted meanwhile."""
        if not text.redacted and not text.stored:
            if not self.world.disk.has(text.sequence):
                raise Broken("durable before visible", f"t{text.number} is shown, and is not on disk")
            text.stored = True

"""The labels of a client's requests: each gets exactly one answer (IRCv3 labeled-response)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.broken import Broken

if TYPE_CHECKING:
    from tests.simulation.clients.irc.message import Message


class Labels:
    """
    The labels of one client.

    @ivar open: the lines without an answer so far, by label.
    """

    def __init__(self, slot: int) -> None:
        self._slot = slot
        self.open: dict[str, str] = {}

    def sent(self, line: str) -> None:
        """Note a line that the client sends, if it has a label."""
        if line.startswith("@label="):
            tags, _, rest = line.removeprefix("@label=").partition(" ")
            self.open[tags.partition(";")[0]] = rest

    def read(self, message: Message) -> None:
        """
        Read a message from the server.

        @raise Broken: it is the second answer, or nobody asked.
        """
        label = message.tags.get("label")
        if label is not None and self.open.pop(label, None) is None:
            raise Broken("one answer for each label", f"client {self._slot} was sent another: {message.line}")

"""How a carrier frames lines: as a stream with line ends, or as one message per line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from zope.interface import implementer

from twistchat.interfaces import IDialect

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry


@dataclass(frozen=True, slots=True, eq=False)
class Framing:
    """
    How a carrier frames the lines that it sends.

    Each kind of carrier has one such value, so framings compare by identity.

    @ivar encode: makes a message of one line, without its line end; C{None} on a stream, where lines are sent as they
        are.
    @ivar decode: returns the lines in whole messages, without line ends: the reverse of C{encode}.
    """

    encode: Callable[[bytes], bytes] | None = None
    decode: Callable[[bytes], Iterable[bytes]] | None = None

    def frame(self, lines: bytes) -> bytes:
        """
        Frame lines.

        @param lines: whole lines, each with LF or CR LF.
        @return: what the carrier sends.
        """
        encode = self.encode
        if encode is None:
            return lines
        return b"".join([encode(line.removesuffix(b"\r")) for line in lines.split(b"\n")[:-1]])

    def unframe(self, data: bytes, end: bytes) -> bytes:
        """
        Get the lines back from what L{frame} returned, to add something to them.

        @param end: the line end of the protocol.
        """
        decode = self.decode
        return data if decode is None else b"".join([line + end for line in decode(data)])


STREAM: Final = Framing()
"""The framing of streams."""


@implementer(IDialect)
class FramedDialect:
    """
    A dialect for carriers that send messages: it frames what another dialect renders.

    An entry is framed once for all sessions of the dialect.
    """

    __slots__ = ("__weakref__", "_dialect", "_framing")

    def __init__(self, dialect: IDialect, framing: Framing) -> None:
        """
        @param dialect: renders the lines.
        """
        self._dialect = dialect
        self._framing = framing

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        return self._framing.frame(self._dialect.render(entry))


def framed(dialect: IDialect, framing: Framing) -> IDialect:
    """The dialect for carriers with this framing.  Streams use the dialect itself."""
    return dialect if framing is STREAM else FramedDialect(dialect, framing)

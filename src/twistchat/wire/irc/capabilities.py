"""
Capabilities: what a client may ask for beyond the IRC of 1993, and the lines in which that is agreed on (IRCv3
capability-negotiation).

Which of them a server offers, and with which values, is the door's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from twistchat.wire.irc.message import room, serialize
from twistchat.wire.irc.wrapping import fit


@dataclass(frozen=True, slots=True)
class Capability:
    """
    A capability.

    @ivar name: opaque, and case-sensitive.
    @ivar source: the specification, as the last part of its address below C{https://ircv3.net/specs/}.
    @ivar dialect: whether it changes the bytes in which an event is written.
    @ivar requires: the capabilities without which it does nothing.
    """

    name: str
    source: str
    dialect: bool = False
    requires: tuple[str, ...] = ()


CAPABILITIES: Final = {
    capability.name: capability
    for capability in (
        Capability("account-notify", "extensions/account-notify", dialect=True),
        Capability("account-tag", "extensions/account-tag", dialect=True),
        Capability("away-notify", "extensions/away-notify", dialect=True),
        Capability("batch", "extensions/batch"),
        Capability("cap-notify", "extensions/capability-negotiation#cap-notify"),
        Capability("chghost", "extensions/chghost", dialect=True),
        Capability("draft/channel-rename", "extensions/channel-rename", dialect=True),
        Capability("draft/extended-isupport", "extensions/extended-isupport"),
        Capability("draft/message-redaction", "extensions/message-redaction", dialect=True, requires=("message-tags",)),
        Capability("draft/multiline", "extensions/multiline", dialect=True, requires=("batch",)),
        Capability("draft/pre-away", "extensions/pre-away"),
        Capability("echo-message", "extensions/echo-message"),
        Capability("extended-join", "extensions/extended-join", dialect=True),
        Capability("extended-monitor", "extensions/extended-monitor", dialect=True),
        Capability("invite-notify", "extensions/invite-notify", dialect=True),
        Capability("labeled-response", "extensions/labeled-response", requires=("batch",)),
        Capability("message-tags", "extensions/message-tags", dialect=True),
        Capability("multi-prefix", "extensions/multi-prefix"),
        Capability("no-implicit-names", "extensions/no-implicit-names"),
        Capability("server-time", "extensions/server-time", dialect=True),
        Capability("setname", "extensions/setname", dialect=True),
        Capability("standard-replies", "extensions/standard-replies"),
        Capability("sts", "extensions/sts"),
        Capability("userhost-in-names", "extensions/userhost-in-names"),
    )
}
"""Every capability that is known here, by name."""

VALUES: Final = 302
"""The version of C{CAP LS} from which on values, replies of several lines, NEW and DEL are understood."""


def inEffect(enabled: Iterable[str]) -> frozenset[str]:
    """
    Of the capabilities that a client has, those that do something: what they require is there too.

    A client may enable them in any order (labeled-response, multiline: "Dependencies"), so none is refused for that.
    """
    names = frozenset(enabled)
    return frozenset(
        name for name in names if name not in CAPABILITIES or names.issuperset(CAPABILITIES[name].requires)
    )


def parseRequest(text: str) -> list[tuple[bool, str]]:
    """
    Read what C{CAP REQ} asks for.

    @return: for each capability in turn: whether it is to be enabled, or else disabled; and its name, which may be
        none that there is, or empty behind a lone C{-}.
    """
    return [(False, word[1:]) if word[0] == "-" else (True, word) for word in text.split(" ") if word]


def advertise(offered: Mapping[str, str], version: int) -> list[str]:
    """
    Capabilities as LS and NEW name them: with their values for those who understand them ("Capability Values").

    @param offered: names, with values that may be empty.
    @param version: of C{CAP LS}, as the client named it; 0 where it did not.
    """
    return [f"{name}={value}" if value and version >= VALUES else name for name, value in offered.items()]


def capLines(subcommand: str, words: Iterable[str], client: str, source: str, version: int = 0) -> list[bytes]:
    """
    Write an answer to CAP, or a notice with it, each line within 512 bytes.

    Where LS and LIST need more than one line, all but the last say so with a C{*}.  A client that named no version
    understands that no better than it needs to: it gets one line, of as many as find room in their order ("Multiline
    replies").  ACK, NAK, NEW and DEL of several lines are as many complete ones.

    @param subcommand: LS, LIST, ACK, NAK, NEW or DEL.
    @param words: capabilities; with their values as L{advertise} writes them, or with the C{-} of a request.
    @param client: the nick, or C{*} while there is none.
    @param source: the server's name.
    @param version: of C{CAP LS}, as the client named it; 0 where it did not.
    @return: at least one line: where there are no words, it says that.
    """
    listing = subcommand in ("LS", "LIST")
    head = (client, subcommand)
    size = room("CAP", (*head, "*") if listing and version >= VALUES else head, source)
    texts = [""]
    for word in words:
        longer = f"{texts[-1]} {word}" if texts[-1] else fit(word, size)
        if len(longer.encode()) <= size:
            texts[-1] = longer
        else:
            texts.append(fit(word, size))
    if not listing:
        return [serialize("CAP", (*head, text), source, colon=True) for text in texts]
    if version < VALUES:
        return [serialize("CAP", (*head, texts[0]), source, colon=True)]
    *most, last = texts
    lines = [serialize("CAP", (*head, "*", text), source, colon=True) for text in most]
    return [*lines, serialize("CAP", (*head, last), source, colon=True)]

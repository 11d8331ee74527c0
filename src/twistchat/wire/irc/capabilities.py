"""
IRCv3 capabilities and the lines that negotiate them (capability-negotiation).

The IRC protocol decides which capabilities the server offers, and with which values.
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

    @ivar name: an opaque, case-sensitive name.
    @ivar source: the address of the specification; without C{https://ircv3.net/specs/} if it is there.
    @ivar dialect: whether it changes the bytes of an event.
    @ivar requires: the capabilities that it depends on; without them it has no effect.
    """

    name: str
    source: str
    dialect: bool = False
    requires: tuple[str, ...] = ()


SEARCH: Final = "https://github.com/ircv3/ircv3-specifications/pull/496"
"""The draft of the command SEARCH, which has no name of its own yet."""

CAPABILITIES: Final = {
    capability.name: capability
    for capability in (
        Capability("account-notify", "extensions/account-notify", dialect=True),
        Capability("account-tag", "extensions/account-tag", dialect=True),
        Capability("away-notify", "extensions/away-notify", dialect=True),
        Capability("batch", "extensions/batch"),
        Capability("cap-notify", "extensions/capability-negotiation#cap-notify"),
        Capability("chghost", "extensions/chghost", dialect=True),
        Capability("draft/account-registration", "extensions/account-registration"),
        Capability("draft/channel-rename", "extensions/channel-rename", dialect=True),
        Capability("draft/chathistory", "extensions/chathistory"),
        Capability("draft/event-playback", "extensions/chathistory"),
        Capability("draft/extended-isupport", "extensions/extended-isupport"),
        Capability("draft/message-redaction", "extensions/message-redaction", dialect=True, requires=("message-tags",)),
        Capability("draft/metadata-2", "extensions/metadata", dialect=True, requires=("batch",)),
        Capability("draft/metadata-3", "extensions/metadata", dialect=True, requires=("batch",)),
        Capability("draft/multiline", "extensions/multiline", dialect=True, requires=("batch",)),
        Capability("draft/pre-away", "extensions/pre-away"),
        Capability("draft/read-marker", "extensions/read-marker"),
        Capability("echo-message", "extensions/echo-message"),
        Capability("extended-join", "extensions/extended-join", dialect=True),
        Capability("extended-monitor", "extensions/extended-monitor", dialect=True),
        Capability("invite-notify", "extensions/invite-notify", dialect=True),
        Capability("labeled-response", "extensions/labeled-response", requires=("batch",)),
        Capability("message-tags", "extensions/message-tags", dialect=True),
        Capability("multi-prefix", "extensions/multi-prefix"),
        Capability("no-implicit-names", "extensions/no-implicit-names"),
        Capability("sasl", "extensions/sasl-3.2"),
        Capability("server-time", "extensions/server-time", dialect=True),
        Capability("setname", "extensions/setname", dialect=True),
        Capability("soju.im/search", SEARCH),
        Capability("standard-replies", "extensions/standard-replies"),
        Capability("sts", "extensions/sts"),
        Capability("twistchat.org/search", SEARCH),
        Capability("userhost-in-names", "extensions/userhost-in-names"),
        Capability("znc.in/playback", "https://wiki.znc.in/Playback"),
    )
}
"""Every known capability, by name."""

METADATA_3: Final = "draft/metadata-3"
METADATA: Final = frozenset({"draft/metadata-2", METADATA_3})
"""The capabilities for metadata."""

VALUES: Final = 302
"""The first version of C{CAP LS} whose clients understand values, multiline replies, NEW and DEL."""


def inEffect(enabled: Iterable[str]) -> frozenset[str]:
    """
    Select the enabled capabilities whose dependencies are enabled too.

    A client may enable capabilities in any order (labeled-response, multiline: "Dependencies"), so a missing dependency
    is no reason to refuse one.
    """
    names = frozenset(enabled)
    return frozenset(
        name for name in names if name not in CAPABILITIES or names.issuperset(CAPABILITIES[name].requires)
    )


def areCompatible(enabled: Iterable[str]) -> bool:
    """Whether a client may have all these capabilities at once (metadata, "Relation with other specifications")."""
    return len(METADATA.intersection(enabled)) < 2


def parseRequest(text: str) -> list[tuple[bool, str]]:
    """
    Parse the parameter of C{CAP REQ}.

    @return: for each capability, in order: whether to enable or disable it, and its name.  The name may be unknown; for
        a lone C{-} it is empty.
    """
    return [(False, word[1:]) if word[0] == "-" else (True, word) for word in text.split(" ") if word]


def advertise(offered: Mapping[str, str], version: int) -> list[str]:
    """
    Write the words of LS and NEW; only clients that understand values get them ("Capability Values").

    @param offered: the names with their values, which may be empty.
    @param version: the version in the client's C{CAP LS}; 0 if it named none.
    """
    return [f"{name}={value}" if value and version >= VALUES else name for name, value in offered.items()]


def capLines(subcommand: str, words: Iterable[str], client: str, source: str, version: int = 0) -> list[bytes]:
    """
    Write CAP lines of at most 512 bytes each.

    If LS or LIST needs several lines, all but the last have a C{*} parameter.  A client that named no version does not
    understand this and gets one line with as many words as fit, in order ("Multiline replies").  Each line of ACK, NAK,
    NEW and DEL is complete.

    @param subcommand: LS, LIST, ACK, NAK, NEW or DEL.
    @param words: the capabilities, with their values as L{advertise} writes them, or with the C{-} of a request.
    @param client: the nick, or C{*} if the client has none yet.
    @param source: the server's name.
    @param version: the version in the client's C{CAP LS}; 0 if it named none.
    @return: at least one line, also if there are no words.
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

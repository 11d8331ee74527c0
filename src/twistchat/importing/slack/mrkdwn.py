"""
Texts of Slack's messages as plain texts.

Mentions and links are in angle brackets, and C{&}, C{<} and C{>} are escaped.  See "Formatting message text",
U{https://docs.slack.dev/messaging/formatting-message-text/}.  Marks such as C{*bold*} stay as they are: people read
them without help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from twistchat.importing.reading.emoji import withEmoji

_BRACKETS = re.compile(r"<([^<>]*)>")

_LATEST = 253_402_300_799
"""The last second of the year 9999, which is the latest that Python can show."""


def unescape(text: str) -> str:
    """Replace the three entities that Slack uses."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def linked(url: str, label: str) -> str:
    """Write a link: its label and its address, or the address only if the label says nothing else."""
    if not (label and url) or label in {url, url.removeprefix("mailto:"), url.removeprefix("tel:")}:
        return label or url
    bare = url.partition("://")[2].rstrip("/")
    return url if label.rstrip("/") == bare else f"{label} ({url})"


def dated(seconds: str, fallback: str) -> str:
    """Write a moment: as its author did for clients that show no dates, or as UTC."""
    if fallback or not seconds.isdecimal() or int(seconds[:12]) > _LATEST:
        return fallback or seconds
    return datetime.fromtimestamp(int(seconds[:12]), UTC).strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True, slots=True)
class Names:
    """
    What mentions become.

    @ivar people: the names of people, by their ids.
    @ivar rooms: the names of rooms, by their ids.
    """

    people: Mapping[str, str]
    rooms: Mapping[str, str]

    def person(self, id: str, label: str = "") -> str:
        """Write a mention of a person."""
        return f"@{self.people.get(id) or label.removeprefix('@') or id}"

    def room(self, id: str, label: str = "") -> str:
        """Write a mention of a room."""
        return f"#{self.rooms.get(id) or label.removeprefix('#') or id}"

    def plain(self, text: str) -> str:
        """Convert the text of a message."""
        return withEmoji(unescape(_BRACKETS.sub(self._inBrackets, text) if "<" in text else text))

    def _inBrackets(self, found: re.Match[str]) -> str:
        """Convert what is between angle brackets.  The result is still escaped."""
        target, _, label = found[1].partition("|")
        sign, name = target[:1], target[1:]
        if sign == "@":
            return self.person(name, label)
        if sign == "#":
            return self.room(name, label)
        if sign != "!":
            return linked(target, label)
        kind, _, rest = name.partition("^")
        if kind == "date":
            return dated(rest.partition("^")[0], label)
        if kind == "subteam":
            return label or f"@{rest}"
        return f"@{(label or name).removeprefix('@')}"

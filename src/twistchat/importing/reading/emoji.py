"""
Names of emoji, as Slack and Mattermost write them.

Both use the short names of emoji-data (U{https://github.com/iamcal/emoji-data}), and C{emoji.txt} is a table of these,
made by C{tools/emojinames.py}.  Slack appends a skin tone as C{thumbsup::skin-tone-3}
(U{https://docs.slack.dev/reference/methods/reactions.add}), and Mattermost as C{thumbsup_medium_skin_tone}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files

_SLACK_TONE = re.compile(r"(.+)::skin-tone-([2-6])(?:-[2-6])?")

_WORDED_TONE = re.compile(r"(.+)_(light|medium_light|medium|medium_dark|dark)_skin_tone")

_TONES = {
    "2": "\U0001f3fb",
    "3": "\U0001f3fc",
    "4": "\U0001f3fd",
    "5": "\U0001f3fe",
    "6": "\U0001f3ff",
    "light": "\U0001f3fb",
    "medium_light": "\U0001f3fc",
    "medium": "\U0001f3fd",
    "medium_dark": "\U0001f3fe",
    "dark": "\U0001f3ff",
}
"""The modifiers for skin tones (UTS #51, section 2.4, "Diversity"), by their names in Slack and Mattermost."""

_VARIATION = "\ufe0f"
"""It follows a character that is to be shown as an emoji (UTS #51, section 1.4.3)."""

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)

_NAMED = r":([a-z0-9_+'-]{1,100}+(?:::skin-tone-[2-6](?:-[2-6])?)?+):"

# Names stand alone, or with others: a time such as 10:30:45 has none.  The possessive quantifiers keep this linear.
_NAMES = re.compile(rf"(?<![\w:])(?:{_NAMED})++(?!\w)")

_NAME = re.compile(_NAMED)

NAME = re.compile(r"[\w+'.-]{1,100}")
"""What the name of a custom emoji may be."""


def _read(text: str) -> Iterator[tuple[str, str]]:
    """Read the table, as pairs of a name and an emoji."""
    for line in text.splitlines():
        if not line.startswith("# "):
            emoji, *names = line.split(" ")
            yield from [(name, emoji) for name in names]


@cache
def _table() -> Mapping[str, str]:
    """Read the table once, when the first name is needed."""
    return dict(_read(files("twistchat.importing.reading").joinpath("emoji.txt").read_text("utf-8")))


def emojiNamed(name: str) -> str | None:
    """
    Find an emoji.

    @param name: its name without colons, perhaps with a skin tone.
    @return: the emoji in Unicode; C{None} if there is none with this name, such as a custom one.
    """
    table = _table()
    if name in table:
        return table[name]
    toned = _SLACK_TONE.fullmatch(name) or _WORDED_TONE.fullmatch(name)
    if toned is None or toned[1] not in table:
        return None
    emoji = table[toned[1]]
    return emoji[0] + _TONES[toned[2]] + emoji[1:].removeprefix(_VARIATION)


def reactionNamed(name: str) -> str | None:
    """
    Convert the name of a reaction.

    @return: the emoji in Unicode; C{:name:} for a custom one, without a skin tone; C{None} if this cannot be a name.
    """
    emoji = emojiNamed(name)
    if emoji is not None:
        return emoji
    bare = name.partition("::")[0]
    return f":{bare}:" if NAME.fullmatch(bare) else None


def outsideCode(text: str, convert: Callable[[str], str]) -> str:
    """Convert a text, but leave the code in it (in one backtick, or in three) as it is."""
    if "`" not in text:
        return convert(text)
    parts = _CODE.split(text)
    parts[::2] = map(convert, parts[::2])
    return "".join(parts)


def withEmoji(text: str) -> str:
    """Convert the names of emoji in a text, outside of code.  Unknown names remain, in their colons."""
    if ":" not in text:
        return text
    return outsideCode(text, lambda part: _NAMES.sub(_convertNames, part))


def _convertNames(found: re.Match[str]) -> str:
    """Convert names that follow each other."""
    return _NAME.sub(lambda name: emojiNamed(name[1]) or name[0], found[0])

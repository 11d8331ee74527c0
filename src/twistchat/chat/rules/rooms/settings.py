"""
The values of the settings of registered rooms, and what applies in a room with or without them.

The settings in L{CHOICES} decide something in every room.  A question for them must not change them: to remove
C{history} can open a private history to all members.  So doors show them if a command gives no value, and a word
removes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twistchat.chat import errors
from twistchat.chat.rules.rooms.retention import FOREVER, normalizeRetention
from twistchat.chat.rules.rooms.visibility import DEFAULT, READERS

CHOICES: Final = {
    "history": f"{', '.join(READERS)}; default is {DEFAULT}",
    "retention": f"a number of hours, days or years, such as 12h, 7d or 1y; {FOREVER}; default",
}
"""The settings that apply in every room, each with its possible values."""

REMOVING: Final = ("default", "none")
"""The values that remove a setting in L{CHOICES}."""

_SHOWN: Final = 32
"""The most characters of a bad value that an error repeats."""


def checkSetting(setting: str, value: str, longest: float) -> str | None:
    """
    Check the value of a setting in L{CHOICES}, and write it in its normal form.

    @param longest: the longest retention that the asker may set, in seconds; 0 for any.
    @return: C{None} if the value removes the setting.
    @raise BadSetting: it does not say who can read; it is not a retention, or is too long.
    """
    folded = value.lower()
    if folded in REMOVING:
        return None
    if setting == "retention":
        return normalizeRetention(value, longest)
    if folded not in READERS:
        raise errors.BadSetting(value[:_SHOWN], f"does not say who can read; use {', '.join(READERS)}")
    return folded


def describeApplying(room: str, setting: str, settings: Mapping[str, str]) -> str:
    """
    Describe what applies in a room, in a sentence without a full stop.

    @param room: its name.
    @param setting: a key of L{CHOICES}.
    @param settings: the settings of the room.
    """
    value = settings.get(setting)
    if setting == "history":
        return READERS[value or DEFAULT].format(room)
    if value is None:
        return f"The server keeps what is said in {room} as long as in other rooms"
    return f"The server keeps what is said in {room} {'for ' * (value != FOREVER)}{value}"


def describeChoices(setting: str) -> str:
    """Describe the values that a setting in L{CHOICES} can have."""
    return f"The values of {setting} are: {CHOICES[setting]}"

"""The settings of the line protocol: the keys of the section C{[line]}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twistchat.config import Settings
from twistchat.config.keytypes import Greeting, Zone


@dataclass(frozen=True, slots=True)
class LineSettings:
    """
    The line door, for nc and telnet.

    @ivar timezone: the time zone of displayed times: a name in the IANA database ("Europe/Paris"); "" is the machine's
        own.
    @ivar motd: a greeting of one or more lines, shown to everyone who connects; "" shows none.
    """

    live: ClassVar = ("motd",)

    timezone: Zone = ""
    motd: Greeting = ""


def lineSettings(settings: Settings) -> LineSettings:
    """Get the section C{[line]}."""
    return settings.of("line", LineSettings)

"""The error that all of the configuration raises."""

from __future__ import annotations

from twistchat.config import toml


class ConfigError(Exception):
    """
    The configuration has a mistake.  C{str} gives a one-line message for the user.

    @ivar where: the place of the mistake: C{"twistchat.toml:12"}, or an option with its argument.
    @ivar why: the value that was found, and what would be right.
    """

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return toml.printable(f"{self.where}: {self.why}")

"""The one error of the configuration."""

from __future__ import annotations

from twistchat.config import toml


class ConfigError(Exception):
    """
    The configuration has a mistake.  As a string it is one line, to be shown as it is.

    @ivar where: what has the mistake: C{"twistchat.toml:12"}, or an option as it was given.
    @ivar why: what was found, and what would be right.
    """

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return toml.printable(f"{self.where}: {self.why}")

"""The configuration: C{twistchat.toml} and the command's options become one frozen value, or one clear error."""

from twistchat.config.describe import describe
from twistchat.config.draft import ConfigError, Draft
from twistchat.config.settings import (
    ChatSettings,
    JournalSettings,
    LineSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "ChatSettings",
    "ConfigError",
    "Draft",
    "JournalSettings",
    "LineSettings",
    "ServerSettings",
    "Settings",
    "describe",
]

"""The configuration: C{twistchat.toml} and the command's options become one frozen value, or one clear error."""

from twistchat.config.describe import describe
from twistchat.config.draft import Draft
from twistchat.config.errors import ConfigError
from twistchat.config.renewal import Renewal, renew
from twistchat.config.settings import (
    ChatSettings,
    ClassSettings,
    IrcSettings,
    JournalSettings,
    LineSettings,
    OperatorSettings,
    ServerSettings,
    Settings,
    WebircSettings,
)

__all__ = [
    "ChatSettings",
    "ClassSettings",
    "ConfigError",
    "Draft",
    "IrcSettings",
    "JournalSettings",
    "LineSettings",
    "OperatorSettings",
    "Renewal",
    "ServerSettings",
    "Settings",
    "WebircSettings",
    "describe",
    "renew",
]

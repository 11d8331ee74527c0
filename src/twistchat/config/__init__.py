"""The configuration: read C{twistchat.toml} and the command's options into one frozen value."""

from twistchat.config.builder import SettingsBuilder
from twistchat.config.cluster import ClusterSettings
from twistchat.config.describe import describe
from twistchat.config.errors import ConfigError
from twistchat.config.reload import Reload, reloadSettings
from twistchat.config.settings import (
    AccountsSettings,
    BackupSettings,
    ChatSettings,
    ClassSettings,
    JournalSettings,
    LogSettings,
    OidcSettings,
    OperatorSettings,
    ServerSettings,
    Settings,
    WebircSettings,
)

__all__ = [
    "AccountsSettings",
    "BackupSettings",
    "ChatSettings",
    "ClassSettings",
    "ClusterSettings",
    "ConfigError",
    "JournalSettings",
    "LogSettings",
    "OidcSettings",
    "OperatorSettings",
    "Reload",
    "ServerSettings",
    "Settings",
    "SettingsBuilder",
    "WebircSettings",
    "describe",
    "reloadSettings",
]

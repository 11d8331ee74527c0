"""The command C{twistchat}: administration of a server's data and configuration, also while the server runs."""

from twistchat.console.program import main

__all__ = ["main"]

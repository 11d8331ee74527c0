"""Mattermost's bulk exports."""

from __future__ import annotations

from twistchat.importing.mattermost.reader import read, sourceOf

__all__ = ["read", "sourceOf"]

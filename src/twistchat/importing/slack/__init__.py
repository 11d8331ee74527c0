"""Slack's exports."""

from __future__ import annotations

from twistchat.importing.slack.reader import read, sourceOf

__all__ = ["read", "sourceOf"]

"""Tests of L{twistchat.chat.model.bans}."""

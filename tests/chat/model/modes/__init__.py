"""Tests of L{twistchat.chat.model.modes}."""

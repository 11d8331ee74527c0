"""Tests of L{twistchat.wire.irc}."""

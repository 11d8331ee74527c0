"""Tests of L{twistchat.doors}."""

"""Tests of L{twistchat.console.cluster}."""

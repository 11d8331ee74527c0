"""Tests of L{twistchat.services.mail}."""

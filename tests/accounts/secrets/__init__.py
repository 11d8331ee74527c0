"""Tests of L{twistchat.accounts.secrets}."""

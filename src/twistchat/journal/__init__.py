"""Journals: the ordered record of what happened, each an L{IJournal <twistchat.interfaces.IJournal>}."""

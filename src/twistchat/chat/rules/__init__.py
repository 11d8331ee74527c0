"""
The rules of the chat, one module per subject: the checks on proposals, and the effects of applying events.

Each subject has a class of verbs, built from a L{Core <twistchat.chat.rules.core.Core>}, and a table C{EFFECTS} that
maps each class of event to the function that applies it.  Verbs read clocks and limits.  Effects get only the state,
the entry and its origin, so that they do the same on every node.
"""

"""
The rules of the chat, one module per subject: what may be proposed, and what applying it does.

A subject is a class of verbs, built from a L{Core <twistchat.chat.rules.core.Core>}, and a table C{EFFECTS} from the
class of an event to the function that applies it.  Verbs read clocks and limits; effects have the state and the entry
only, so that they do the same on every node.
"""

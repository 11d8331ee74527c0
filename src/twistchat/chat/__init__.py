"""
The rules of the chat: who is here, which rooms there are, what may happen and what then has happened.

Nothing in this package knows a reactor, a socket, a clock, a database or a protocol; it imports the standard library
and zope.interface, and what it needs of the world it is handed.
"""

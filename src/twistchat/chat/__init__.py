"""
The core of the chat: users, rooms, the rules, and the fan-out.

This package uses no reactor, socket, clock, database or protocol.  Its callers pass in everything that it needs from
outside, such as the time.
"""

"""
The line protocol, for people with C{nc}, C{telnet} or C{socat}, and for scripts.

C{docs/line-protocol.md} describes it.
"""

"""
The line door: for people with C{nc}, C{telnet} or C{socat}, and for scripts.

Its protocol is written down in C{docs/line-protocol.md}.
"""

"""Tells the administrator how to connect to each door, and which settings do not fit the endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from twisted.logger import Logger

from twistchat.config import Settings
from twistchat.net.listening.endpoints import PROXY
from twistchat.services.listener import Listener, Opened

log = Logger()

ADDRESS = "ADDRESS"
"""Stands for an address of this machine in a command."""


def announce(opened: Iterable[Opened]) -> None:
    """Log how to connect to each of these endpoints."""
    for one in opened:
        log.info("The {door} door is open: {where}", door=one.listener.door.name, where=_invitation(one))


def mistakesIn(listeners: Iterable[Listener], settings: Settings) -> list[str]:
    """Find endpoints that no client can use, and settings that do not fit the endpoints of their door."""
    found = [
        f"Nobody comes in at {listener.description}: irc.proxies names no proxy"
        for listener in listeners
        if listener.description.startswith(PROXY) and not settings.proxies
    ]
    doors = {listener.door.name: listener.door for listener in listeners}
    for name, door in doors.items():
        found += door.warnings(settings, [one.description for one in listeners if one.door.name == name])
    return found


def _invitation(opened: Opened) -> str:
    """
    Return the command that connects from this machine, or the address if no command does.

    If the port listens on all addresses, another command follows, for other machines.
    """
    listener = opened.listener
    host: Any = opened.port.getHost()
    address = getattr(host, "host", None)
    if address is None:
        return listener.description
    here = _reachable(address)
    if here == address:
        return _wayIn(listener, address, host.port)
    elsewhere = _wayIn(listener, ADDRESS, host.port)
    return f"{_wayIn(listener, here, host.port)} (from other machines: {elsewhere})"


def _wayIn(listener: Listener, address: str, port: int) -> str:
    """Return the command that connects to an address, or the address and what it is for if no command does."""
    if listener.description.startswith(PROXY):
        return f"{address} port {port}, for proxies"
    return listener.door.invitation(address, port, listener.description.startswith(("ssl:", "tls:")))


def _reachable(address: str) -> str:
    """Return the address to connect to when a port listens at C{address}: loopback if that is a wildcard address."""
    parsed = ip_address(address)
    if parsed.is_unspecified:
        return "127.0.0.1" if parsed.version == 4 else "::1"
    return address

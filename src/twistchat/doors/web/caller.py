"""Who sends an HTTP request, and from which web site: what the headers say, as far as they can be trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import ISSLTransport

from twistchat.chat.model.bans.server import parseAddress
from twistchat.config import Settings
from twistchat.config.toml import shortened
from twistchat.doors.web.answers import Refused
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.settings import webSettings
from twistchat.net.limits.admission import readAddress
from twistchat.net.listening.origin import Proxied, isWithin

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

_NAMES_OF_THIS_NETWORK: Final = re.compile(
    r"localhost|[a-z0-9_-]+|[a-z0-9._-]+\.(?:localhost|local)|[0-9.]+|\[[0-9a-f:.]+\]"
)
"""
Hosts that no stranger can have pointed here in the DNS: addresses, and names without a dot or of the local network.
"""

_FORWARDED: Final = re.compile(r'(?:^|;)\s*(for|proto)=(?:"([^"]*)"|([^;,"\s]*))', re.IGNORECASE)
"""A parameter of the header C{Forwarded} (RFC 7239, section 4)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who sends a request.

    @ivar address: the client's IP address, which a trusted proxy may have named; C{None} if it has none.
    @ivar secure: whether the connection is encrypted all the way from the client.
    @ivar encrypted: whether the browser uses https.
    """

    address: str | None
    secure: bool
    encrypted: bool


def callerOf(request: BoundedRequest, settings: Settings) -> Caller:
    """
    Find out who sends a request.

    Headers of proxies count if the connection comes from one of C{web.proxies}, or over a UNIX socket.  Of several
    addresses in such a header, the last one that is no proxy's counts.

    @raise Refused: the headers contradict each other, or have something else than addresses.
    """
    transport: Any = request.channel.transport
    peer: str | None = getattr(transport.getPeer(), "host", None)
    secure = transport.secure if isinstance(transport, Proxied) else bool(ISSLTransport.providedBy(transport))
    if not request.channel.proxied:
        return Caller(peer, secure, secure)
    proxies = webSettings(settings).proxies
    standard, usual = _standard(request), _usual(request)
    address = _client(standard.addresses or usual.addresses, peer, proxies)
    if standard.addresses and usual.addresses and address != _client(usual.addresses, peer, proxies):
        # A proxy sets one of the two, and passes on the other as its client sent it.
        raise Refused(400, "The headers Forwarded and X-Forwarded-For name different addresses.")
    proto = standard.proto or usual.proto
    encrypted = secure if proto is None else proto == "https"
    proxy = readAddress(peer)
    return Caller(address, encrypted and (secure or proxy is None or proxy.is_loopback), encrypted)


def checkHost(request: BoundedRequest, settings: Settings) -> None:
    """
    Refuse a request whose host is not a name of this server.

    Otherwise any web site could point its own name to this server, and use it with the browsers of its visitors.

    @raise Refused: the host is missing or unknown.
    """
    hosts = request.requestHeaders.getRawHeaders("host", [])
    if len(hosts) != 1:
        raise Refused(400, "A request needs one Host header.")
    name = _withoutPort(hosts[0].lower())
    known = {_withoutPort(origin.partition("://")[2]) for origin in webSettings(settings).origins}
    if name not in known and name != settings.server.name.lower() and not _NAMES_OF_THIS_NETWORK.fullmatch(name):
        raise Refused(
            421,
            f"This server does not know that it is {name[:100]!r}.  Whoever runs it can add the address of this page to"
            " web.origins in its configuration.",
        )


def checkOrigin(request: BoundedRequest, caller: Caller, context: ServerContext) -> None:
    """
    Refuse a request that another web site makes, unless C{web.origins} has that site.  The log names the site.

    Programs other than browsers send no C{Origin}.

    @raise Refused: the origin is foreign.
    """
    origins = request.requestHeaders.getRawHeaders("origin", [])
    if not origins:
        return
    host = request.requestHeaders.getRawHeaders("host", [""])[0]
    own = f"{'https' if caller.encrypted else 'http'}://{host}".lower()
    known = webSettings(context.settings).origins
    if len(origins) != 1 or (origins[0].lower() != own and origins[0].lower() not in known):
        why = f"it comes from the web site {shortened(origins[0])}, which is not in web.origins"
        context.refusals.note(caller.address, why, "origin")
        raise Refused(403, "Another web site may not do this here.  Its address is not in web.origins.")


def noteForwarded(request: BoundedRequest, context: ServerContext) -> None:
    """Log that a request has headers of a proxy, but comes from none.  They do not count, see L{callerOf}."""
    headers = request.requestHeaders
    for name in ("X-Forwarded-For", "Forwarded"):
        if headers.hasHeader(name):
            peer: str | None = getattr(request.channel.transport.getPeer(), "host", None)
            context.refusals.remark(peer, f"it is not in web.proxies, so its header {name} does not count", "forwarded")
            return


@dataclass(frozen=True, slots=True)
class _Forwarded:
    """
    What proxies say.

    @ivar addresses: the addresses that connected to them, the nearest last.
    @ivar proto: the scheme of the browser's URL.
    """

    addresses: Sequence[str]
    proto: str | None


def _standard(request: BoundedRequest) -> _Forwarded:
    """Read C{Forwarded} (RFC 7239)."""
    parts = ",".join(request.requestHeaders.getRawHeaders("forwarded", [])).split(",")
    hops = [{m[1].lower(): m[2] or m[3] for m in _FORWARDED.finditer(part)} for part in parts if part.strip()]
    protos = [hop["proto"].lower() for hop in hops if "proto" in hop]
    addresses = [_withoutPort(hop["for"]).strip("[]") for hop in hops if "for" in hop]
    return _Forwarded(addresses, protos[-1] if protos else None)


def _usual(request: BoundedRequest) -> _Forwarded:
    """Read C{X-Forwarded-For} and C{X-Forwarded-Proto}."""
    headers = request.requestHeaders
    addresses = ",".join(headers.getRawHeaders("x-forwarded-for", [])).split(",")
    protos = ",".join(headers.getRawHeaders("x-forwarded-proto", [])).split(",")
    found = [_withoutPort(each.strip()).strip("[]") for each in addresses if each.strip()]
    return _Forwarded(found, protos[-1].strip().lower() or None)


def _client(addresses: Sequence[str], peer: str | None, proxies: tuple[str, ...]) -> str | None:
    """
    Return the last address that is no proxy's, in its usual notation and without a zone.

    @raise Refused: it cannot be read.  The client must not count as the proxy.
    """
    address = peer
    for hop in reversed(addresses):
        parsed = parseAddress(hop)
        if parsed is None:
            raise Refused(400, f"A proxy named {hop[:50]!r} as the address of a client.")
        address = str(parsed)
        if not isWithin(address, proxies):
            break
    return address


def _withoutPort(host: str) -> str:
    return re.sub(r":[0-9]*\Z", "", host) if not host.count(":") > 1 or host.startswith("[") else host

"""Bans from the server, by names and by networks: their syntax, and the users that they match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from twistchat.chat.errors import BadServerBan
from twistchat.chat.model.bans.masks import BadMask, Glob, checkWildcards, fullMask, normalizeMask
from twistchat.chat.model.events import Source
from twistchat.chat.model.names import fold

Network: TypeAlias = IPv4Network | IPv6Network

LONGEST = 200
"""The maximum length of a mask, in characters."""

WIDEST_IPV4, WIDEST_IPV6 = 8, 16
"""The shortest network prefixes that can be banned, in bits."""

FEWEST_LITERALS = 3
"""
The minimum number of literal characters in a mask with wildcards.

The top-level part of a host does not count, because C{*.com}, or the suffix of all cloaks, matches too many users.
"""

_MAPPED = IPv6Network("::ffff:0:0/96")
_EVERYONE = "*!*"


@dataclass(frozen=True, slots=True)
class ServerBan:
    """
    A ban from the server.

    @ivar mask: the mask, normalized by L{normalizeServerBan}.
    @ivar reason: the reason, which banned clients are sent.
    @ivar by: the nick of the user who set it.
    @ivar time: the time when it was set, in milliseconds since the epoch.
    @ivar until: the end of the ban, in milliseconds since the epoch; C{None} if it is permanent.
    """

    mask: str
    reason: str
    by: str
    time: int
    until: int | None

    def isActive(self, now: int) -> bool:
        """
        Whether it is active.

        @param now: milliseconds since the epoch.
        """
        return self.until is None or now < self.until


class ServerBanTest:
    """A compiled mask of a ban from the server."""

    __slots__ = ("_mask", "_network", "_who")

    def __init__(self, mask: str) -> None:
        """
        @param mask: in its normal form.
        """
        who, _, host = mask.rpartition("@")
        self._mask = Glob(mask)
        self._who = None if who in ("", _EVERYONE) else Glob(who)
        self._network = _readNetwork(host)

    def matches(self, source: Source | None, address: str | None) -> bool:
        """
        Whether the mask matches a user, by the names that others see, or by the username and the real address.

        @param source: the user's names; C{None} for a connection that has not entered the chat.
        @param address: the client's IP address, if it is known.
        """
        if self._network is not None:
            parsed = parseAddress(address)
            if parsed is None or parsed not in self._network:
                return False
            return self._who is None or (source is not None and self._who.matches(_who(source)))
        if source is None:
            return False
        if self._mask.matches(fullMask(source)):
            return True
        return address is not None and self._mask.matches(f"{_who(source)}@{fold(address)}")


class ServerBans:
    """The register of bans from the server."""

    __slots__ = ("_bans",)

    def __init__(self) -> None:
        self._bans: dict[str, tuple[ServerBan, ServerBanTest]] = {}

    def __len__(self) -> int:
        return len(self._bans)

    def __iter__(self) -> Iterator[ServerBan]:
        """All bans, including expired ones, oldest first."""
        return iter([ban for ban, _ in self._bans.values()])

    def add(self, ban: ServerBan) -> None:
        """Add a ban, in place of one on the same mask, and drop the bans that expired before its time."""
        self._bans = {
            mask: known for mask, known in self._bans.items() if mask != ban.mask and known[0].isActive(ban.time)
        }
        self._bans[ban.mask] = ban, ServerBanTest(ban.mask)

    def remove(self, mask: str) -> None:
        """Remove a ban, if it exists."""
        self._bans.pop(mask, None)

    def get(self, mask: str, now: int) -> ServerBan | None:
        """
        The active ban on a mask.

        @param now: milliseconds since the epoch.
        """
        known = self._bans.get(mask)
        return None if known is None or not known[0].isActive(now) else known[0]

    def active(self, now: int) -> list[ServerBan]:
        """
        All active bans, oldest first.

        @param now: milliseconds since the epoch.
        """
        return [ban for ban, _ in self._bans.values() if ban.isActive(now)]

    def banned(self, source: Source | None, address: str | None, now: int) -> ServerBan | None:
        """
        An active ban that matches a user or a connection.  See L{ServerBanTest.matches}.

        @param now: milliseconds since the epoch.
        """
        for ban, test in self._bans.values():
            if ban.isActive(now) and test.matches(source, address):
                return ban
        return None


def normalizeServerBan(text: str) -> str:
    """
    Normalize the mask of a ban: C{user@host}, C{nick!user@host}, or an IP network.

    @return: for a network, alone or after C{*@}, the network in CIDR notation.  Otherwise a whole mask, folded, whose
        host may be a network in CIDR notation.
    @raise BadServerBan: the mask is invalid.
    """
    if not text or len(text) > LONGEST or not text.isprintable() or set(text) & set(" ,"):
        raise BadServerBan(text[:LONGEST], f"a mask has 1 to {LONGEST} characters, and no space or comma")
    if "!" not in text and "@" not in text:
        network = _readNetwork(text)
        if network is None:
            raise BadServerBan(text, "a mask is USER@HOST, NICK!USER@HOST, or a network such as 192.0.2.0/24")
        return str(network)
    mask = normalizeMask(text)
    who, _, host = mask.rpartition("@")
    network = _readNetwork(host)
    if network is None:
        return mask
    return str(network) if who == _EVERYONE else f"{who}@{network}"


def checkReach(mask: str, asked: str) -> None:
    """
    Check that a mask does not have too many wildcards, and does not match too many users.

    @param mask: the normalized mask.
    @param asked: the mask as typed, for the error.
    @raise BadServerBan: a check failed.
    """
    try:
        checkWildcards(mask)
    except BadMask as bad:
        raise BadServerBan(asked, f"{bad} is wanted") from None
    who, _, host = mask.rpartition("@")
    network = _readNetwork(host)
    if network is not None:
        widest = WIDEST_IPV4 if isinstance(network, IPv4Network) else WIDEST_IPV6
        if network.prefixlen < widest:
            raise BadServerBan(asked, f"it meets too many; a network of IPv{network.version} is /{widest} or narrower")
    elif _isWild(who.partition("!")[0]) and _isWild(host) and _literals(who, host) < FEWEST_LITERALS:
        raise BadServerBan(
            asked, f"it meets too many; name at least {FEWEST_LITERALS} characters that are no wildcards"
        )


def wordServerBan(reason: str) -> str:
    """The reason that a banned client is sent when it is disconnected."""
    return f"Banned from this server: {reason}" if reason else "Banned from this server"


@lru_cache(1024)
def parseAddress(address: str | None) -> IPv4Address | IPv6Address | None:
    """
    Parse an IP address.

    @return: the address; the IPv4 address for an IPv4-mapped IPv6 address; C{None} if it is not an IP address.
    """
    if address is None:
        return None
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _readNetwork(text: str) -> Network | None:
    """Parse an address or a network.  The host bits are cleared."""
    if "%" in text:
        return None
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def _isWild(text: str) -> bool:
    return "*" in text or "?" in text


def _literals(who: str, host: str) -> int:
    kept = host.rpartition(".")[0] if "." in host else host
    return sum(character not in "*?!~.:" for character in who + kept)


def _who(source: Source) -> str:
    return fold(f"{source.nick}!{source.username}")

"""What must be known of the brokers, and what nats-py is told of it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from twistchat.interfaces.stream import StreamUnusable

CONNECT = 1.5
"""How many seconds a broker has to answer at each step of a connection."""

PING = 1.0
"""How many seconds lie between two pings."""

PINGS = 2
"""How many pings may be without an answer.  A cut connection is noticed after 4 seconds at most."""

MONITORING_PORT = 8222
"""The usual port of a broker's monitoring."""


class BrokerSettings(Protocol):
    """The section C{[cluster]} of the configuration, as far as the stream needs it."""

    @property
    def servers(self) -> Sequence[str]:
        """The addresses of the brokers: C{nats://HOST:PORT}, or C{tls://HOST:PORT}."""

    @property
    def node(self) -> str:
        """The name of this node."""

    @property
    def user(self) -> str:
        """The user to log in as; C{""} for none."""

    @property
    def password(self) -> str:
        """The user's password."""

    @property
    def nkey(self) -> str:
        """The file with the seed of an NKey; C{""} for none."""

    @property
    def credentials(self) -> str:
        """The file with a JWT and its seed; C{""} for none."""

    @property
    def ca(self) -> str:
        """The file with the certificates of authorities; C{""} for the system's own."""

    @property
    def certificate(self) -> str:
        """The file with the certificate of this node; C{""} for none."""

    @property
    def key(self) -> str:
        """The file with the key of this certificate."""

    @property
    def replicas(self) -> int:
        """How many brokers keep the stream."""

    @property
    def durability(self) -> str:
        """C{"full"}: the brokers must write to disk what they acknowledge.  C{"relaxed"}: they need not."""

    @property
    def stream(self) -> str:
        """The name of the stream."""

    @property
    def prefix(self) -> str:
        """The prefix of the stream's subject, and of the bucket of leases."""

    @property
    def monitoring(self) -> Sequence[str]:
        """The addresses of the brokers' monitoring; none for the usual port of each broker."""

    @property
    def keep(self) -> float:
        """How many seconds the stream keeps a message."""


def subjectOf(settings: BrokerSettings) -> str:
    """Return the subject of the stream's messages."""
    return f"{settings.prefix}.journal"


def bucketOf(settings: BrokerSettings) -> str:
    """Return the name of the bucket with the nodes' leases.  A bucket has no dots in its name."""
    return f"{settings.prefix}-nodes".replace(".", "-")


def monitoringOf(settings: BrokerSettings) -> Sequence[str]:
    """Return the addresses of the brokers' monitoring: those that are configured, or the usual port of each broker."""
    if settings.monitoring:
        return settings.monitoring
    hosts = dict.fromkeys(urlsplit(address).hostname or "" for address in settings.servers)
    return [f"http://{f'[{host}]' if ':' in host else host}:{MONITORING_PORT}" for host in hosts]


def isEncrypted(address: str) -> bool:
    """Whether the connection to a broker must be encrypted."""
    return address.startswith("tls://")


def optionsOf(settings: BrokerSettings) -> dict[str, Any]:
    """
    Return the options of a connection, for C{Client.connect} of nats-py.  Files are read.

    nats-py does not connect again by itself: a new connection is a new client, which keeps nothing of the old one.

    @raise StreamUnusable: a file cannot be read, or is not what it should be.
    """
    options: dict[str, Any] = {
        "name": f"twistchat {settings.node}".strip(),
        "allow_reconnect": False,
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0,
        "dont_randomize": True,
        "connect_timeout": CONNECT,
        "ping_interval": PING,
        "max_outstanding_pings": PINGS,
        "no_echo": False,
        "pending_size": 0,
    }
    if settings.user:
        options.update(user=settings.user, password=settings.password)
    elif settings.nkey:
        options.update(nkeys_seed_str=_seedIn(settings.nkey))
    elif settings.credentials:
        _read(settings.credentials, "credentials")
        options.update(user_credentials=settings.credentials)
    if any(isEncrypted(address) for address in settings.servers):
        options.update(tls=contextOf(settings))
    return options


def contextOf(settings: BrokerSettings) -> ssl.SSLContext:
    """
    Return how connections to brokers are encrypted.  Certificates and names of hosts are checked.

    @raise StreamUnusable: a file cannot be read, or has no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except (OSError, ValueError) as e:
        raise StreamUnusable(f"cluster.ca: {settings.ca} cannot be used: {_why(e)}") from e
    if settings.certificate:
        try:
            context.load_cert_chain(settings.certificate, settings.key or None, lambda: b"")
        except (OSError, ValueError) as e:
            files = f"{settings.certificate} and {settings.key}"
            raise StreamUnusable(f"cluster.certificate, cluster.key: {files} cannot be used: {_why(e)}") from e
    return context


def _seedIn(file: str) -> str:
    """Return the seed of an NKey that a file contains."""
    import nkeys

    text = _read(file, "nkey").strip()
    try:
        nkeys.from_seed(bytearray(text.encode()))
    except Exception as e:  # nkeys has no common class for its errors
        raise StreamUnusable(f"cluster.nkey: {file} has no seed of an NKey") from e
    return text


def _read(file: str, key: str) -> str:
    try:
        with open(file, encoding="ascii") as opened:  # noqa: PTH123  # a name, not a path of this program
            return opened.read()
    except (OSError, ValueError) as e:
        raise StreamUnusable(f"cluster.{key}: {file} cannot be read: {_why(e)}") from e


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

"""The section C{[cluster]}: the brokers of a cluster, and how this node reaches them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from twistchat.chat.limits import Seconds
from twistchat.config.keytypes import Brokers, File, NodeName, Secret, StreamName, SubjectPrefix, Text, WebAddresses

FILES = ("nkey", "credentials", "ca", "certificate", "key")
"""The keys that name files."""

SECRETS = ("nkey", "credentials", "key")
"""Those whose files are secret."""

MISSING = "the journal jetstream needs pip install 'twistchat[cluster]'"
"""The message if the extra is not installed."""


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """
    The cluster, if journal.kind is "jetstream".  It needs pip install 'twistchat[cluster]'.

    @ivar servers: the addresses of the brokers (NATS servers with JetStream), as nats://HOST:PORT, or tls://HOST:PORT
        if the connection is encrypted.
    @ivar node: the name of this node: up to 32 letters, digits and hyphens.  Every node of a cluster needs a name of
        its own.
    @ivar user: the user to log in as at the brokers; "" for none.
    @ivar password: the password of this user.  No message shows it.
    @ivar nkey: the file with the seed of an NKey to log in with; "" for none.
    @ivar credentials: the file with a JWT and its seed to log in with, as the program nsc makes it; "" for none.
    @ivar ca: the file with the certificates of the authorities that sign those of the brokers; "" for the system's own.
    @ivar certificate: the file with the certificate that this node shows to the brokers; "" for none.
    @ivar key: the file with the private key of this certificate.
    @ivar plaintext: whether brokers on other machines may be reached without encryption, as in a VPN.  The stream has
        all texts and the hashes of all passwords.  The password of the user is never sent in this way.
    @ivar replicas: how many brokers have the stream.  1 is for a single broker: if its disk is lost, so is the stream.
    @ivar durability: "full" refuses brokers that do not write to disk what they acknowledge; "relaxed" only warns, and
        a power failure may lose the last moments.  journal.durability does not matter in a cluster.
    @ivar stream: the name of the stream.  Two clusters that use the same brokers need different names.
    @ivar prefix: the prefix of the subjects of the stream's messages.
    @ivar monitoring: the addresses of the brokers' monitoring ports, such as "http://127.0.0.1:8222"; without any, port
        8222 of each broker.  The node asks there whether the brokers write to disk what they acknowledge.
    @ivar keep: how long the brokers keep the stream.  A node that was away for longer needs a copy of the journal of
        another node.  A redacted text stays in the stream for this time.
    """

    servers: Brokers = ("nats://127.0.0.1:4222",)
    node: NodeName = ""
    user: Text = ""
    password: Secret = field(default="", repr=False)
    nkey: File = ""
    credentials: File = ""
    ca: File = ""
    certificate: File = ""
    key: File = ""
    plaintext: bool = False
    replicas: int = 3
    durability: Literal["full", "relaxed"] = "full"
    stream: StreamName = "twistchat"
    prefix: SubjectPrefix = "twistchat"
    monitoring: WebAddresses = ()
    keep: Seconds = 7 * 86400.0


def hostOf(address: str) -> str:
    """The host in the address of a broker."""
    return urlsplit(address).hostname or ""

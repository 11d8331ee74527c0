"""The rules of a cluster that concern several keys, or several nodes."""

from __future__ import annotations

from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from twistchat.config import toml
from twistchat.config.cluster import hostOf
from twistchat.config.keytypes import Age, LongestAge, Number, ServerName
from twistchat.config.readings import writtenAs
from twistchat.config.tables import isLoopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twistchat.config.cluster import ClusterSettings
    from twistchat.config.settings import Settings

AGREED: Mapping[str, object] = MappingProxyType(
    {
        # Clients see it, and move from one node to another.
        "server.name": ServerName,
        # No node lets a founder lock it, and the leader tends the rooms of all nodes.
        "chat.lobby": str,
        # These determine which rows a copy has, and so what the history shows.
        "journal.keepPassing": bool,
        "journal.retention": Age,
        "journal.retentionCount": Number,
        "journal.auditRetention": Age,
        # It determines what the founder of a room may choose, on whichever node.
        "journal.longestRetention": LongestAge,
    }
)
"""
The keys whose values must be equal on all nodes of a cluster, with their types.

They determine what a node stores, or what it decides for all, and apply from the start to the end of a process.  Keys
that a reload changes are not among them: no node knows when others read their files again.  Nor are keys that concern
only the connections of one node.
"""


def agreedOf(settings: Settings) -> dict[str, str]:
    """Write the values of L{AGREED} as in the configuration."""
    return {key: writtenAs(annotation, attrgetter(key)(settings)) for key, annotation in AGREED.items()}


def contradictionIn(cluster: ClusterSettings, kind: str) -> tuple[str, tuple[str, ...]] | None:
    """
    Find keys of the section that contradict each other, or a key that is missing.

    @param kind: the kind of the journal.
    @return: what is wrong, and the keys that an administrator can change, the most likely one first; C{None} if all is
        well.
    """
    logins = [key for key in ("user", "nkey", "credentials") if getattr(cluster, key)]
    if kind == "jetstream" and not cluster.node:
        why = 'journal.kind is "jetstream"; then cluster.node is wanted too: the name of this node in the cluster'
        return why, ("journal.kind",)
    if bool(cluster.user) != bool(cluster.password):
        return "cluster.user and cluster.password are wanted together, or neither", ("cluster.user", "cluster.password")
    if bool(cluster.certificate) != bool(cluster.key):
        why = "cluster.certificate and cluster.key are wanted together, or neither"
        return why, ("cluster.certificate", "cluster.key")
    if len(logins) > 1:
        why = f"a node logs in to the brokers in one way; found {' and '.join(f'cluster.{key}' for key in logins)}"
        return why, tuple(f"cluster.{key}" for key in reversed(logins))
    return _unencrypted(cluster)


def _unencrypted(cluster: ClusterSettings) -> tuple[str, tuple[str, ...]] | None:
    """What is wrong with the encryption of the connections to the brokers."""
    plain = [address for address in cluster.servers if not address.startswith("tls://")]
    for key in ("ca", "certificate"):
        if getattr(cluster, key) and len(plain) == len(cluster.servers):
            return f"cluster.{key} is set; then tls:// is wanted in cluster.servers", (f"cluster.{key}",)
    if plain and len(plain) < len(cluster.servers):
        why = f"{toml.shortened(plain[0])} is not encrypted, and others are; write tls:// before all, or before none"
        return f"cluster.servers: {why}", ("cluster.servers",)
    for address in plain:
        if isLoopback(hostOf(address)):
            continue
        where = f"cluster.servers: {toml.shortened(address)} is on another machine"
        if cluster.user:
            return f"{where}, so cluster.password needs encryption; write tls://", ("cluster.servers",)
        if not cluster.plaintext:
            why = "write tls://, or set cluster.plaintext if the network between is encrypted"
            return f"{where}, and the journal needs encryption; {why}", ("cluster.servers",)
    return None

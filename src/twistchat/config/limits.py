"""All limits: those of the chat, and those of connections and protocols."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.limits import Bytes, ChatLimits, Networks, Seconds
from twistchat.config.keytypes import Number


@dataclass(frozen=True, slots=True)
class Limits(ChatLimits):
    """
    All limits, with their defaults.  The limits of the chat come first, then those of connections and protocols.

    @ivar targets: the maximum number of recipients of one IRC command.
    @ivar ircLine: the maximum size of an IRC message in bytes, with its line end and without its tags.
    @ivar ircTags: the maximum size of the tags that a client sends, in bytes.
    @ivar ping: the silence in seconds after which the server pings a client.
    @ivar pingTimeout: the silence in seconds after which the server disconnects a client.
    @ivar sendq: the maximum output that waits to be sent on one connection, in bytes.  This includes the transport's
        own buffer.
    @ivar recvq: the size in bytes of a connection's waiting commands at which the server stops reading from it.
    @ivar registration: the time in seconds that a client has to register.
    @ivar lineRegistration: the same at the line door, where people need time to choose a name.
    @ivar floodBurst: the number of lines that a session may send at once.
    @ivar floodRate: the number of lines per second that it may send after that.
    @ivar connectionsPerAddress: the maximum number of connections from one address.  An IPv6 address counts as its /64.
        Loopback does not count.
    @ivar newPerAddress: the maximum number of new connections from one address in ten minutes.  Loopback does not
        count.
    @ivar unregistered: the maximum number of unregistered connections from all addresses.  Each further one replaces an
        earlier one.
    @ivar unregisteredLines: the maximum number of lines that an unregistered connection may send.
    @ivar loginFailures: the number of failed logins that one address may have at once.
    @ivar loginRate: the number of failed logins per second that it may have after that.
    @ivar accountFailures: the number of failed logins that one account may have at once.  Someone who comes from an
        address, or with a key, that logged in to the account before is not held up by the failures of others.
    @ivar accountFailureRate: the number of failed logins per second that it may have after that.
    @ivar registrationsPerAddress: the maximum number of accounts that one address can register in ten minutes.
    @ivar passwordQueue: the maximum number of passwords that wait to be checked or hashed.
    @ivar historyOnJoin: the number of history entries that a client gets when it joins a room; 0 for none.
    @ivar exempt: the networks (CIDR) that are exempt from limits on lines, connections and logins.
    """

    targets: int = 4
    ircLine: Bytes = 512
    ircTags: Bytes = 4094
    ping: Seconds = 90.0
    pingTimeout: Seconds = 150.0
    sendq: Bytes = 256 * 1024
    recvq: Bytes = 10 * 1024
    registration: Seconds = 30.0
    lineRegistration: Seconds = 180.0
    floodBurst: int = 5
    floodRate: float = 2.0
    connectionsPerAddress: int = 64
    newPerAddress: int = 128
    unregistered: int = 100
    unregisteredLines: int = 64
    loginFailures: int = 3
    loginRate: float = 0.05
    accountFailures: int = 5
    accountFailureRate: float = 1 / 300
    registrationsPerAddress: int = 3
    passwordQueue: int = 32
    historyOnJoin: Number = 50
    exempt: Networks = ()

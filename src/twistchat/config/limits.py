"""Every limit: those of the chat, and those of connections."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.limits import Bytes, ChatLimits, Networks, Seconds


@dataclass(frozen=True, slots=True)
class Limits(ChatLimits):
    """
    All limits, with their defaults.  Beside those of the chat these are the limits of connections and protocols.

    @ivar targets: recipients of one IRC command.
    @ivar ircLine: an IRC message without its tags, in bytes, its line's end included.
    @ivar ircTags: the tags that a client sends, in bytes.
    @ivar ping: silence after which a client is asked whether it is still there, in seconds.
    @ivar pingTimeout: silence after which it is taken for gone, in seconds.
    @ivar sendq: what may wait to leave for one connection, in bytes, the transport's own buffer included.
    @ivar recvq: what one connection may have sent ahead of being served, in bytes.
    @ivar registration: how long a connection may take to come in, in seconds.
    @ivar lineRegistration: the same at the line door, where people need time to choose a name, in seconds.
    @ivar floodBurst: lines one session may send at once.
    @ivar floodRate: lines a second it may send after that.
    @ivar connectionsPerAddress: connections from one address (an IPv6 address counts as its /64, loopback does not
        count).
    @ivar newPerAddress: new connections from one address in ten minutes; loopback does not count.
    @ivar unregistered: connections that have not come in yet, from everywhere; one more takes the place of another.
    @ivar unregisteredLines: lines one such connection may send.
    @ivar loginFailures: logins from one address that may fail at once.
    @ivar loginRate: failed logins a second from one address after that.
    @ivar passwordQueue: passwords that may wait to be checked.
    @ivar historyOnJoin: entries of history shown on joining.
    @ivar exempt: networks (CIDR) that flood, connection and login limits do not bind.
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
    passwordQueue: int = 32
    historyOnJoin: int = 50
    exempt: Networks = ()

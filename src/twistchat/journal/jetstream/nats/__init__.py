"""
The stream of a cluster on NATS JetStream, with nats-py and the asyncio reactor.

Nothing outside this package imports nats-py.  Only a server whose journal is that of a cluster imports this package.
"""

from twistchat.journal.jetstream.nats.settings import BrokerSettings as BrokerSettings
from twistchat.journal.jetstream.nats.stream import NatsStream as NatsStream

__all__ = ["BrokerSettings", "NatsStream"]

"""The connection to the brokers: to one of them, made again when it is lost."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from zlib import crc32

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport
from nats.errors import Error, MaxPayloadError, NoRespondersError, UnexpectedEOF
from twisted.logger import Logger

from twistchat.interfaces.stream import StreamUnusable
from twistchat.journal.jetstream.nats.answers import Refused, Unreachable, answerIn, reasonOf
from twistchat.journal.jetstream.nats.settings import BrokerSettings, isEncrypted, optionsOf

log = Logger()

SHORTEST = 0.2
"""How many seconds pass after a round of all brokers, at first."""

LONGEST = 2.0
"""How many seconds pass after a round of all brokers, at most."""


class _Transport(TcpTransport):
    """
    A transport that ends at once: bytes that a dead broker does not take would keep an ordinary one open.

    It sends the login together with what follows it, a ping.  A broker that refuses the login closes the connection,
    and a ping that comes later resets it, often before the reason is read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._login = b""

    @property
    def isSecured(self) -> bool:
        """Whether TLS was established."""
        return self._io_writer is not self._bare_io_writer

    def __bool__(self) -> bool:
        # nats-py makes another transport in place of one that is false
        return True

    def write(self, payload: bytes) -> None:
        if payload.startswith(b"CONNECT "):
            self._login = payload
        else:
            login, self._login = self._login, b""
            super().write(login + payload)

    def close(self) -> None:
        if self._io_writer is not None:
            self._io_writer.transport.abort()

    async def wait_closed(self) -> None:
        if self._io_writer is not None:
            await super().wait_closed()

    def at_eof(self) -> bool:
        return self._io_reader is None or bool(super().at_eof())


class _Client(Client):
    """
    A client of nats-py that sends no login over a connection that should be encrypted and is not.

    @ivar isSecured: whether the connection is, or was, encrypted.
    """

    def __init__(self, encrypted: bool) -> None:
        super().__init__()
        self._encrypted = encrypted
        self._transport = self._own = _Transport()

    @property
    def isSecured(self) -> bool:
        return self._own.isSecured

    def _connect_command(self) -> bytes:
        if self._encrypted and not self._server_info.get("tls_required"):
            raise Error("it does not encrypt; set tls in its configuration")
        return super()._connect_command()


class _ToLog(logging.Handler):
    """Passes what nats-py logs on to Twisted's log, in one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        log.warn("nats-py: {text}", text=record.getMessage() + (f": {error!r}" if error else ""))


class Connection:
    """
    A connection to one of the brokers.  If it is lost, the next broker is tried, without end.

    @ivar client: the client of nats-py; C{None} while there is no connection.  Each connection has its own.
    @ivar lost: fires when the present connection is lost, with C{None}.
    @ivar broker: the name of the connected broker, C{""} if there is none.
    @ivar reconnections: how often the connection was made again.
    @ivar info: what the broker said of itself last: the C{INFO} of NATS's protocol.
    """

    def __init__(self, settings: BrokerSettings, changed: Callable[[], None]) -> None:
        """
        @param changed: called after the connection was made, and after it was lost.
        """
        self._settings = settings
        self._changed = changed
        self._options: dict[str, Any] = {}
        self._up = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._tried: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failures: dict[str, str] = {}
        self._discovered: list[str] = []
        self._first = crc32(settings.node.encode())
        self.client: Client | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.broker = ""
        self.reconnections = 0
        self.info: Mapping[str, Any] = {}

    async def open(self, timeout: float) -> None:
        """
        Connect, and stay connected until L{close}.

        @raise StreamUnusable: no broker can be reached within C{timeout} seconds.  Each was tried at least once, even
            if that takes longer.
        """
        self._options = optionsOf(self._settings)
        _forwardLogs()
        self._keeping = asyncio.get_running_loop().create_task(self._keep())
        try:
            await asyncio.wait_for(self._up.wait(), timeout)
        except TimeoutError:
            await asyncio.wait((self._tried, self._keeping), return_when=asyncio.FIRST_COMPLETED)
            if self.client is not None:
                return
            tried = "; ".join(
                f"{server}: {self._failures.get(server, 'it does not answer')}" for server in self.servers
            )
            raise StreamUnusable(f"no broker can be reached: {tried}") from None

    @property
    def servers(self) -> list[str]:
        """The addresses of the brokers: those that are configured, and those that brokers told of."""
        return list(dict.fromkeys([*self._settings.servers, *self._discovered]))

    async def connected(self) -> Client:
        """Wait for the connection, and return its client."""
        while self.client is None:
            await self._up.wait()
        return self.client

    async def request(
        self, subject: str, payload: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float = 2.0
    ) -> bytes:
        """
        Send a request.

        @return: the answer's data.
        @raise Unreachable: there is no connection, it was lost, nobody answers to the subject, or there was no answer
            within C{timeout} seconds.
        @raise Refused: the broker takes no message of this size.
        """
        client, lost = self.client, self.lost
        if client is None:
            raise Unreachable("no broker is connected")
        sent = asyncio.ensure_future(
            client.request(subject, payload, timeout, headers=dict(headers) if headers else None)
        )
        try:
            await asyncio.wait((sent, lost), return_when=asyncio.FIRST_COMPLETED)
            if not sent.done():
                raise Unreachable("the connection to the broker was lost")
            return bytes((await sent).data)
        except MaxPayloadError as e:
            raise Refused(0, f"a message may have {client.max_payload} bytes (max_payload), and this has more") from e
        except NoRespondersError as e:
            raise Unreachable("the stream has no leader at the moment") from e
        except (Error, OSError, TimeoutError) as e:
            raise Unreachable(f"the broker: {reasonOf(e)}") from e
        finally:
            sent.cancel()

    async def ask(self, api: str, payload: bytes = b"", timeout: float = 2.0) -> dict[str, Any]:
        """
        Send a request to JetStream's API.

        @param api: the end of the subject, after C{$JS.API.}
        @raise Unreachable: there is no answer.
        @raise Refused: JetStream refuses.
        """
        return answerIn(await self.request(f"$JS.API.{api}", payload, timeout=timeout))

    async def subscribe(self, subject: str, receive: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """
        Subscribe, for as long as this connection lasts.

        @raise Unreachable: there is no connection.
        """
        client = self.client
        if client is None:
            raise Unreachable("no broker is connected")
        try:
            # memory is bounded by what is asked for, so nothing is dropped here
            return await client.subscribe(subject, cb=receive, pending_msgs_limit=0, pending_bytes_limit=0)
        except (Error, OSError) as e:
            raise Unreachable(f"the broker: {reasonOf(e)}") from e

    async def close(self) -> None:
        """End the connection, and make no other."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait((self._keeping,))
            self._keeping = None

    async def _keep(self) -> None:
        """Connect to one broker after the other, until this is cancelled."""
        wait, turn, why = SHORTEST, self._first, ""
        while True:
            servers = self.servers
            for _ in servers:
                server = servers[turn % len(servers)]
                turn += 1
                if await self._use(server):
                    why, wait = "", SHORTEST
                    break
            else:
                reasons = "; ".join(f"{server}: {reason}" for server, reason in self._failures.items())
                if reasons != why:
                    log.warn("No broker can be reached; trying again. {reasons}", reasons=reasons)
                    why = reasons
                self._noteTried()
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST)

    async def _use(self, server: str) -> bool:
        """Connect to a broker, and wait until the connection is lost.  Returns whether there was a connection."""
        client = _Client(isEncrypted(server))
        over = asyncio.get_running_loop().create_future()
        problems: list[Exception] = []

        async def closed() -> None:
            if not over.done():
                over.set_result(None)

        async def problem(error: Exception) -> None:
            problems.append(error)
            if self.client is client and not over.done():
                log.warn("The broker {broker}: {reason}", broker=self.broker, reason=reasonOf(error))

        try:
            connecting = client.connect([server], closed_cb=closed, error_cb=problem, **self._options)
            await asyncio.wait_for(connecting, 4 * self._options["connect_timeout"])
            if not client.is_connected:
                # nats-py takes the end of the connection for the answer to its ping
                raise UnexpectedEOF
        except asyncio.CancelledError:
            await _close(client)
            raise
        except Exception as e:  # whatever goes wrong with one broker, the next is tried
            error = problems[0] if problems else e
            self._failures[server] = reasonOf(error)
            if isEncrypted(server) and not self._settings.certificate and _endsTls(client, error):
                self._failures[server] = "it ends the connection after TLS; it may want cluster.certificate"
            await _close(client)
            return False
        self._begin(client, server)
        try:
            await over
        finally:
            self._end(reasonOf(client.last_error or (problems[-1] if problems else UnexpectedEOF())))
            await _close(client)
        return True

    def _begin(self, client: Client, server: str) -> None:
        self._failures.clear()
        self._discovered = discoveredThrough(server, [found.netloc for found in client.discovered_servers])
        self.info = client._server_info
        if self.broker:
            self.reconnections += 1
        self.broker = f"{self.info.get('server_name', '')} ({server})"
        self.client = client
        log.info("The broker {broker} is connected.", broker=self.broker)
        self._up.set()
        self._noteTried()
        self._changed()

    def _noteTried(self) -> None:
        if not self._tried.done():
            self._tried.set_result(None)

    def _end(self, reason: str) -> None:
        self.client = None
        self._up.clear()
        lost, self.lost = self.lost, asyncio.get_running_loop().create_future()
        lost.set_result(None)
        if self._keeping is not None and not self._keeping.cancelling():
            log.warn("The connection to the broker {broker} is lost: {reason}.", broker=self.broker, reason=reason)
        self._changed()


def _endsTls(client: _Client, error: Exception) -> bool:
    """
    Whether a broker ended TLS as it does without a certificate.

    With TLS 1.3 the broker looks for the certificate after the handshake has succeeded here, and closes the connection
    while the login is on its way.  Then this side reads the reason, or the end of the connection, or notices at its
    next write that the connection is broken.
    """
    return client.isSecured and isinstance(error, (ConnectionError, ssl.SSLError, UnexpectedEOF))


def discoveredThrough(server: str, found: Iterable[str]) -> list[str]:
    """
    Return the addresses of further brokers that a broker told of.

    Without encryption there are none: those brokers may be on other machines, where only configured addresses are used.

    @param server: the address of the broker.
    @param found: the hosts and ports that it told of.
    """
    return [f"tls://{place}" for place in found] if isEncrypted(server) else []


async def _close(client: Client) -> None:
    """Close a client of nats-py, which may be half open."""
    try:
        await asyncio.wait_for(client.close(), 0.5)
    except Exception as e:  # it is given up
        log.debug("nats-py closes: {reason}", reason=reasonOf(e))


def _forwardLogs() -> None:
    """Send what nats-py logs to Twisted's log."""
    logger = logging.getLogger("nats")
    if not any(isinstance(present, _ToLog) for present in logger.handlers):
        logger.addHandler(_ToLog())
        logger.propagate = False
        # asyncio warns of nats-py's streams whenever an encrypted connection ends; the warning means nothing
        logging.getLogger("asyncio").addFilter(lambda record: "returning true from eof_received" not in str(record.msg))

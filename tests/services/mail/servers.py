"""A real mail server for tests."""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from tests.net.listening.authorities import Identity

# It logs the failed handshakes, which the tests cause, with their tracebacks.
logging.getLogger("mail.log").disabled = True


@dataclass(frozen=True)
class Taken:
    """
    A mail that the server has taken.

    @ivar isEncrypted: whether it came after STARTTLS.
    @ivar login: who was logged in.
    """

    envelope: Envelope
    isEncrypted: bool
    login: object


class MailServer:
    """
    A mail server in a thread.

    @ivar port: its port.
    @ivar taken: the mails that it has taken.
    @ivar arrivals: the same, for a test that waits for them.
    """

    def __init__(self, identity: Identity, implicit: bool) -> None:
        """
        @param identity: its key and certificate.
        @param implicit: whether TLS begins with the first byte.  Otherwise it begins with STARTTLS.
        """
        self.taken: list[Taken] = []
        self.arrivals: SimpleQueue[Taken] = SimpleQueue()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(identity.key + identity.certificate)
            context.load_cert_chain(file.name)
        self._loop = asyncio.new_event_loop()
        creating = self._loop.create_server(
            lambda: self._session(None if implicit else context), "127.0.0.1", 0, ssl=context if implicit else None
        )
        self._server = self._loop.run_until_complete(creating)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def stop(self) -> None:
        """Stop the server, and wait for the end of its thread."""
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _stop(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    def _session(self, starttls: ssl.SSLContext | None) -> SMTP:
        """Make the protocol of a connection."""
        return SMTP(
            self,
            hostname="localhost",
            loop=self._loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=starttls is not None,
            auth_require_tls=starttls is not None,
            authenticator=self._authenticate,
        )

    @staticmethod
    def _authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        isRight = isinstance(data, LoginPassword) and (data.login, data.password) == (b"chat", b"hunter2")
        return AuthResult(success=isRight, handled=False, auth_data="chat" if isRight else None)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        """Take a mail, or refuse it."""
        if b"spam" in (envelope.original_content or b""):
            return "554 5.7.1 This is spam"
        taken = Taken(envelope, session.ssl is not None, session.auth_data)
        self.taken.append(taken)
        self.arrivals.put(taken)
        return "250 2.0.0 Ok"

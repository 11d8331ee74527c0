"""How an IRC client logs in: with SASL PLAIN, PASS, or a text to NickServ."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.clients.irc.message import Message


class Login:
    """
    The logins of one client.

    @ivar isRunning: whether an exchange runs (IRCv3 sasl-3.1).
    """

    def __init__(self, send: Callable[[str], None], over: Callable[[], None]) -> None:
        """
        @param send: sends a line.
        @param over: called when an exchange is over.
        """
        self._send, self._over = send, over
        self._account = self._password = ""
        self.isRunning = False

    def begin(self, account: str, password: str) -> None:
        """Begin an exchange.  Without an account, the web session counts (EXTERNAL)."""
        self._account, self._password = account, password
        self.isRunning = True
        self._send(f"AUTHENTICATE {'PLAIN' if account else 'EXTERNAL'}")

    def onAUTHENTICATE(self, message: Message) -> None:
        """The server wants the response (RFC 4616)."""
        if self.isRunning:
            response = f"\0{self._account}\0{self._password}".encode()
            self._send(f"AUTHENTICATE {b64encode(response).decode() if self._account else '+'}")

    def on903(self, message: Message) -> None:
        """The exchange is over (RPL_SASLSUCCESS)."""
        if self.isRunning:
            self.isRunning = False
            self._over()

    on902 = on904 = on905 = on906 = on907 = on908 = on903

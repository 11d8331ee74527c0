"""Browsers that log in to a web door in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.fakes import PASSWORD, sessionFrom
from tests.doors.web.browser import HOST, ORIGIN, HttpClient, Response, WebSocketClient
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor
from twistchat.testing import MemoryServer
from twistchat.testing.server import settingsOf

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
"""The User-Agent of the browsers in these tests."""


class WebCase(SynchronousTestCase):
    """A server with the account alice, and the default limits."""

    toml = ""

    def setUp(self) -> None:
        self.serve(self.toml)

    def serve(self, toml: str = "", accounts: Iterable[str] = ("alice",), **parts: Any) -> None:
        """
        Start a server.

        @param toml: its configuration.
        @param accounts: the names of its accounts.
        """
        doors = (LineDoor(), IrcDoor(), WebDoor())
        self.server = MemoryServer(settingsOf(toml, doors), doors=doors, **parts)
        self.logins: Any = self.server.context.logins
        for name in accounts:
            self.account(name)

    def account(self, name: str) -> None:
        """Register an account, from an address that nobody else has."""
        registrar: Any = self.server.context.registrar
        self.successResultOf(registrar.register(sessionFrom(None), name, PASSWORD))

    def post(self, path: str, content: object, host: str = "127.0.0.1", **headers: str) -> Response:
        """Send JSON as the page does.  A header that is empty is left out."""
        return self.posting(path, content, host, **headers).take()

    def posting(self, path: str, content: object, host: str = "127.0.0.1", **headers: str) -> HttpClient:
        """Send JSON, as L{post} does, and return the connection."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        usual = {"Host": HOST, "Origin": ORIGIN, "Content-Type": "application/json", "User-Agent": FIREFOX}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join([f"{name}: {value}\r\n" for name, value in usual.items() if value])
        client = HttpClient(self.server, host)
        client.send(f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return client

    def get(self, path: str, host: str = "127.0.0.1", **headers: str) -> Response:
        """Ask for a page."""
        return HttpClient(self.server, host).ask("GET", path, b"", **({"User_Agent": FIREFOX} | headers))

    def offer(self, **headers: str) -> dict[str, Any]:
        """Ask what the server offers."""
        response = self.get("/login", **headers)
        self.assertEqual(200, response.status)
        offered: dict[str, Any] = contentOf(response)
        return offered

    def logIn(self, **content: str) -> str:
        """Log a browser in, and return its cookie."""
        response = self.post("/login", {"name": "alice", "password": PASSWORD} | content)
        self.assertEqual(200, response.status, response.body)
        return cookieOf(response)

    def enter(self, cookie: str, nick: str = "ann") -> WebSocketClient:
        """Enter the chat with the web session of a cookie."""
        client = WebSocketClient(self.server, Cookie=cookie)
        client.send("CAP LS 302", "CAP REQ :sasl", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "CAP END")
        client.register(nick)
        return client

    def webSessions(self, account: str = "alice") -> list[str]:
        """The names of the web sessions of an account."""
        return [one.name for one in self.server.chat.state.accounts.named(account).ofKind("websession")]


def contentOf(response: Response) -> Any:
    """The JSON of an answer."""
    assert response.headers["content-type"] == "application/json", response
    return json.loads(response.body)


def cookieOf(response: Response) -> str:
    """The name and value of the cookie that an answer sets."""
    return response.headers["set-cookie"].partition(";")[0]

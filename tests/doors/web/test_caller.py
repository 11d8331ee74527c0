"""Who sends a request, as proxies name them."""

from __future__ import annotations

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.web.browser import HOST, HttpClient, Response, WebSocketClient, webServer
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor
from twistchat.doors.web.site import WebFactory
from twistchat.testing.server import settingsOf

PROXY = "192.0.2.9"
CONFIG = f'[web]\nproxies = ["{PROXY}/32", "198.51.100.0/24"]\norigins = ["https://chat.example"]\n'


class ForwardedTests(SynchronousTestCase):
    """The address of a client behind a proxy."""

    def setUp(self) -> None:
        self.server = webServer(settings=settingsOf(CONFIG, (LineDoor(), IrcDoor(), WebDoor())))

    def addressBy(self, host: str, **headers: str) -> str | None:
        """Open a WebSocket from an address, and return the address that the chat sees."""
        client = WebSocketClient(self.server, host=host, **headers)  # type: ignore[arg-type]  # mypy takes them for all arguments
        assert client.accepted is not None, client.rejected
        client.register("ann")
        user = self.server.chat.state.users.named("ann")
        assert user is not None
        (session,) = user.sessions.values()
        client.send("QUIT")
        return session.address

    def test_address(self) -> None:
        """The last address that is no proxy's counts, and only if a proxy says so."""
        real = "203.0.113.5"
        for host, headers, address in (
            (PROXY, {"X_Forwarded_For": real}, real),
            (PROXY, {"X_Forwarded_For": f"10.0.0.1, evil, {real}"}, real),
            (PROXY, {"X_Forwarded_For": f"10.0.0.1, {real}, 198.51.100.7"}, real),
            (PROXY, {"X_Forwarded_For": f"{real}:4711"}, real),
            (PROXY, {"X_Forwarded_For": "2001:db8::1"}, "2001:db8::1"),
            (PROXY, {"Forwarded": f'for="10.0.0.1, for={real}'}, real),
            (PROXY, {"Forwarded": f"for=10.0.0.1, For={real};proto=https"}, real),
            (PROXY, {"Forwarded": 'for="[2001:db8::1]:4711"'}, "2001:db8::1"),
            (PROXY, {"Forwarded": f"for={real}", "X_Forwarded_For": real}, real),
            (PROXY, {"X_Forwarded_For": "2001:DB8:0::1%\u202eeth0"}, "2001:db8::1"),
            (PROXY, {"X_Forwarded_For": f"::ffff:{real}"}, real),
            (PROXY, {"Forwarded": 'for="[2001:DB8::1]"', "X_Forwarded_For": "2001:db8:0::1"}, "2001:db8::1"),
            (PROXY, {}, PROXY),
            ("203.0.113.7", {"X_Forwarded_For": real, "Forwarded": f"for={real}"}, "203.0.113.7"),
        ):
            self.assertEqual(address, self.addressBy(host, **headers), headers)

    def test_noProxy(self) -> None:
        """The log says once a minute that the header of a client that is no proxy does not count."""
        with capturedLogs() as events:
            for _ in range(3):
                self.addressBy("203.0.113.7", X_Forwarded_For="203.0.113.5")
            self.addressBy(PROXY, X_Forwarded_For="203.0.113.5")
        refused = [line for line in map(formatEvent, events) if line.startswith("Refused")]
        why = "it is not in web.proxies, so its header X-Forwarded-For does not count"
        self.assertEqual([f"Refused 203.0.113.7: {why}"], refused)
        self.assertEqual({}, self.server.context.refusals.dropped)

    def test_unreadable(self) -> None:
        """A client whose address cannot be read is refused, and does not count as the proxy."""
        for headers in (
            {"X_Forwarded_For": "203.0.113.5, nonsense"},
            {"X_Forwarded_For": "unknown"},
            {"Forwarded": "for=_hidden"},
        ):
            self.assertEqual(400, self.ask(**headers).status, headers)

    def ask(self, host: str = PROXY, **headers: str) -> Response:
        """Ask for the page."""
        return HttpClient(self.server, host).ask("GET", "/", **headers)  # type: ignore[arg-type]  # as above

    def test_contradiction(self) -> None:
        """A client cannot use the header that its proxy passes on unchanged to name another address."""
        for forwarded, usual in (("for=10.0.0.1", "203.0.113.5"), ("for=203.0.113.5", "10.0.0.1")):
            client = WebSocketClient(self.server, host=PROXY, Forwarded=forwarded, X_Forwarded_For=usual)
            assert client.rejected is not None
            self.assertEqual(400, client.rejected.status_code)
            self.assertEqual(400, self.ask(Forwarded=forwarded, X_Forwarded_For=usual).status)

    def test_origin(self) -> None:
        """The page's own origin has the scheme that the proxy names."""
        for proto, origin, accepted in (
            ("https", f"https://{HOST}", True),
            ("https", f"http://{HOST}", False),
            ("http", f"http://{HOST}", True),
            ("http", f"https://{HOST}", False),
        ):
            headers = {"X_Forwarded_For": "203.0.113.5", "X_Forwarded_Proto": proto}
            client = WebSocketClient(self.server, host=PROXY, Origin=origin, **headers)  # type: ignore[arg-type]  # as above
            self.assertEqual(accepted, client.accepted is not None, (proto, origin))
            client.link.cut()

    def test_counted(self) -> None:
        """The connections of a proxy have no limit of their own; the requests of an address behind it do."""
        clients = [HttpClient(self.server, PROXY) for _ in range(70)]
        answers = [client.ask("GET", "/", X_Forwarded_For="203.0.113.5") for client in clients]
        self.assertEqual([200] * 70, [answer.status for answer in answers])
        factory = self.server.factory("web")
        assert isinstance(factory, WebFactory)
        for channel in list(factory.crowd.open)[:64]:
            factory.crowd.countRequest(channel, "203.0.113.5")
        self.assertEqual(503, self.ask(X_Forwarded_For="203.0.113.5").status)
        self.assertEqual(200, self.ask(X_Forwarded_For="203.0.113.6").status)
        clients[0].link.cut()
        self.assertEqual(200, self.ask(X_Forwarded_For="203.0.113.5").status)

"""The cookie of a browser."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.web.caller import Caller
from twistchat.doors.web.cookies import cookieNamed, endedCookie, makeCookie, secretOf, sessionCookie

PLAIN, HTTPS, PROXIED = Caller(None, False, False), Caller(None, True, True), Caller(None, False, True)


class Asked:
    """A request with cookies."""

    def __init__(self, **cookies: bytes) -> None:
        self.received_cookies = {name.replace("_", "-").encode(): value for name, value in cookies.items()}


class CookieTests(SynchronousTestCase):
    """Making and reading cookies."""

    def test_flags(self) -> None:
        """The cookie is for this host and HTTP only; with https in the browser, for https only too."""
        for caller, name, secure in ((PLAIN, "twistchat", ""), (HTTPS, "__Host-twistchat", True)):
            ((found, cookie),) = SimpleCookie(sessionCookie("tcw_x-1", caller, 60.5)).items()
            self.assertEqual((name, "tcw_x-1"), (found, cookie.value))
            self.assertEqual(("/", "60", True, "Strict"), tuple(cookie[key] for key in FLAGS))
            self.assertEqual((secure, ""), (cookie["secure"], cookie["domain"]))
        self.assertEqual(sessionCookie("s", HTTPS, 1), sessionCookie("s", PROXIED, 1))

    def test_ended(self) -> None:
        """A cookie is removed by one of the same name that has no time left."""
        self.assertEqual("__Host-twistchat=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure", endedCookie(HTTPS))

    def test_lax(self) -> None:
        """A cookie can come with requests that another site begins."""
        self.assertIn("; SameSite=Lax", makeCookie("flow", "x", PLAIN, 600, "Lax"))

    def test_read(self) -> None:
        """The name must fit the connection of the browser, and the value may be anything."""
        request: Any = Asked(twistchat=b"a", flow=b"c")
        request.received_cookies[b"__Host-twistchat"] = b"\xff"
        self.assertEqual("a", secretOf(request, PLAIN))
        self.assertEqual("\ufffd", secretOf(request, PROXIED))
        self.assertEqual("c", cookieNamed("flow", request, PLAIN))
        self.assertIsNone(cookieNamed("flow", request, HTTPS))


FLAGS = ("path", "max-age", "httponly", "samesite")

"""The status page's places at the web door: who may use them, and what they answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, fail

from tests.accounts.fakes import PASSWORD
from tests.doors.web.accounts import WebCase, contentOf, cookieOf
from tests.doors.web.browser import Response
from twistchat.accounts.registration import newPassword
from twistchat.chat.errors import NotRead, SearchTooBroad
from twistchat.doors.web.site import HEADERS
from twistchat.doors.web.status import ACTS
from twistchat.interfaces import IAdministration
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.administration import Administration
from twistchat.services.control.server import ServerCommands
from twistchat.testing import MemoryServer


def administer(server: MemoryServer) -> None:
    """Let a server in memory offer the commands of administrators."""
    context = server.context
    commands = {**AccountCommands(server.chat).table, **ServerCommands(context).table}
    context.administration = Administration(context, commands, partial(newPassword, context.passwords, context.random))


class StatusCase(WebCase):
    """A server with the administrator alice, who is logged in, and bob, who is none."""

    def setUp(self) -> None:
        self.serve(self.toml, ("alice", "bob"))
        administer(self.server)
        self.appoint("yes")
        self.cookie = self.logIn()

    def appoint(self, value: str | None) -> None:
        """Make alice an administrator, or end that."""
        self.successResultOf(self.server.chat.accounts.set(None, "alice", "admin", value))

    def ask(self, command: str, matching: str = "", skip: int = 0, **arguments: Any) -> Response:
        """Use a command."""
        content = {"command": command, "arguments": arguments, "matching": matching, "skip": skip}
        return self.post("/admin/command", content, Cookie=self.cookie)

    def do(self, command: str, matching: str = "", skip: int = 0, **arguments: Any) -> Any:
        """Return the answer to a command."""
        response = self.ask(command, matching, skip, **arguments)
        self.assertEqual(200, response.status, response.body)
        return contentOf(response)

    def acts(self, query: str = "") -> Any:
        """Return a part of the audit trail."""
        response = self.get(f"/admin/acts{query}", Cookie=self.cookie)
        self.assertEqual(200, response.status, response.body)
        return contentOf(response)


class AccessTests(StatusCase):
    """Who sees the status page."""

    def refusals(self, cookie: str) -> set[int]:
        """Return the status codes of all places for a browser."""
        body = {"command": "server.who", "arguments": {}}
        gets = [self.get(path, Cookie=cookie) for path in ("/admin", "/admin/status", "/admin/acts")]
        responses = [*gets, self.post("/admin/command", body, Cookie=cookie)]
        for response in responses:
            self.assertNotIn(b"alice", response.body)
            self.assertEqual("no-store", response.headers["cache-control"])
        return {response.status for response in responses}

    def test_administrator(self) -> None:
        """An administrator gets the page, with all headers of the site and a cookie that lasts longer."""
        response = self.get("/admin", Cookie=self.cookie)
        self.assertEqual((200, self.cookie), (response.status, cookieOf(response)))
        self.assertIn(b"js/admin/main.js", response.body)
        self.assertEqual("no-store", response.headers["cache-control"])
        self.assertEqual(HEADERS["Content-Security-Policy"], response.headers["content-security-policy"])

    def test_others(self) -> None:
        """Nobody else gets anything: neither guests, nor other accounts, nor who sends a wrong cookie."""
        self.assertEqual({401}, self.refusals(""))
        self.assertEqual({401}, self.refusals("twistchat=tcw_" + "a" * 36))
        self.assertEqual({403}, self.refusals(self.logIn(name="bob")))

    def test_revoked(self) -> None:
        """Each request checks again: the rights, the account, and the login."""
        self.assertEqual(200, self.get("/admin/status", Cookie=self.cookie).status)
        self.appoint(None)
        self.assertEqual({403}, self.refusals(self.cookie))
        self.appoint("yes")
        self.successResultOf(self.server.chat.accounts.suspend(None, "alice", ""))
        self.assertEqual({401}, self.refusals(self.cookie))
        self.successResultOf(self.server.chat.accounts.restore(None, "alice"))
        cookie = self.logIn()
        self.assertEqual(200, self.get("/admin/status", Cookie=cookie).status)
        self.post("/logout", {}, Cookie=cookie)
        self.assertEqual({401}, self.refusals(cookie))

    def test_refusal(self) -> None:
        """The page says in plain words why somebody does not see it, and leads to the chat."""
        response = self.get("/admin")
        self.assertIn(b"Log in at the chat with the account of an administrator", response.body)
        self.assertIn(b'<a href="/">', response.body)
        self.assertEqual("text/html; charset=utf-8", response.headers["content-type"])

    def test_foreign(self) -> None:
        """Another web site cannot use a command, and nothing but JSON is taken."""
        body = {"command": "server.ban", "arguments": {"mask": "10.0.0.1"}}
        for headers in ({"Origin": ""}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            self.assertEqual(403, self.post("/admin/command", body, Cookie=self.cookie, **headers).status)
        plain = self.post("/admin/command", body, Cookie=self.cookie, Content_Type="text/plain")
        self.assertEqual(415, plain.status)
        self.assertEqual(405, self.get("/admin/command", Cookie=self.cookie).status)
        self.assertEqual(421, self.get("/admin/status", Cookie=self.cookie, Host="evil.example").status)
        self.assertEqual([], self.server.chat.operators.serverBans(None))

    def test_notOffered(self) -> None:
        """A server that offers no commands says so."""
        self.server.context.administration = None
        self.assertEqual({404}, self.refusals(self.cookie))

    def test_offer(self) -> None:
        """C{GET /login} tells whether the browser is that of an administrator, so that the page can link here."""
        self.assertTrue(self.offer(Cookie=self.cookie)["admin"])
        self.assertFalse(self.offer(Cookie=self.logIn(name="bob"))["admin"])


class AnswerTests(StatusCase):
    """What the places answer."""

    def test_status(self) -> None:
        """The status has the figures, the last hour and the number of bans."""
        self.server.person("cat")
        self.do("server.ban", mask="10.0.0.0/8")
        answer = contentOf(self.get("/admin/status", Cookie=self.cookie))
        self.assertEqual(("alice", {"line": 1}, 1), (answer["account"], answer["sessions"], answer["bans"]))
        self.assertEqual((1, 2, True, []), (answer["users"], answer["accounts"], answer["ready"], answer["hour"]))

    def test_recorded(self) -> None:
        """A command is done, and recorded with the account, the door and the address."""
        cat = self.server.person("cat")
        content = {"command": "server.kick", "arguments": {"nick": "cat", "reason": "enough"}}
        response = self.post("/admin/command", content, "192.0.2.7", Cookie=self.cookie)
        self.assertEqual({"nick": "cat", "room": None, "sessions": 1}, contentOf(response))
        self.assertIsNone(self.server.chat.state.users.named("cat"))
        self.assertTrue(cat.gone)
        (act, *_) = self.acts()["items"]
        self.assertEqual(
            ("alice", "server.kick", "cat", "enough", "web", "192.0.2.7"),
            tuple(act[name] for name in ("who", "act", "target", "detail", "door", "address")),
        )

    def test_refused(self) -> None:
        """What is refused says why, in plain words and with a code."""
        cases: Sequence[tuple[str, dict[str, Any], int, str]] = (
            ("server.kick", {"nick": "nobody"}, 409, "NO_SUCH_NICK"),
            ("server.kick", {}, 400, "BAD_ARGUMENTS"),
            ("server.explode", {}, 404, "NO_SUCH_COMMAND"),
            ("account.show", {"name": "eve"}, 409, "NO_SUCH_ACCOUNT"),
        )
        for command, arguments, status, code in cases:
            response = self.ask(command, **arguments)
            self.assertEqual((status, code), (response.status, contentOf(response)["code"]))
            self.assertTrue(contentOf(response)["error"].endswith("."))

    def test_badRequests(self) -> None:
        """A body that is no request changes nothing."""
        bodies: Sequence[Any] = (b"", b"[]", b"{", {}, {"command": 1}, {"command": "server.who", "arguments": []})
        for body in bodies:
            self.assertEqual(400, self.post("/admin/command", body, Cookie=self.cookie).status, body)
        wrong: Sequence[dict[str, Any]] = (
            {"skip": -1},
            {"skip": "1"},
            {"skip": 10**20},
            {"matching": 1},
            {"matching": "\0"},
        )
        for extra in wrong:
            body = {"command": "server.who"} | extra
            self.assertEqual(400, self.post("/admin/command", body, Cookie=self.cookie).status, body)
        self.assertEqual([], self.acts()["items"])

    def test_acts(self) -> None:
        """The audit trail comes in parts, newest first, and can be searched."""
        for number in range(ACTS + 2):
            self.server.chat.audit.recordOutside("console", "root", "account.suspend", f"n{number}")
        first = self.acts()
        self.assertEqual(
            (ACTS, True, f"n{ACTS + 1}"), (len(first["items"]), first["more"], first["items"][0]["target"])
        )
        rest = self.acts(f"?before={first['items'][-1]['sequence']}")
        self.assertEqual((["n1", "n0"], False), ([act["target"] for act in rest["items"]], rest["more"]))
        exact = self.acts(f"?before={first['items'][1]['sequence']}")
        self.assertEqual((ACTS, False), (len(exact["items"]), exact["more"]))
        self.assertEqual(["n7"], [act["target"] for act in self.acts("?matching=n7")["items"]])
        for query in ("?before=x", "?before=" + "1" * 40, "?matching=%00", "?matching=%ff", "?before=1&before=2"):
            self.assertEqual(400, self.get(f"/admin/acts{query}", Cookie=self.cookie).status, query)

    def test_unreadable(self) -> None:
        """If the audit trail cannot be read, or a filter takes too long, the answer says so."""
        for error, text in ((SearchTooBroad(), "without a filter"), (NotRead("the disk fails"), "the disk fails")):
            self.patch(self.server.history, "acts", lambda acts, error=error: fail(error))
            response = self.get("/admin/acts?matching=x", Cookie=self.cookie)
            self.assertEqual((503, error.code), (response.status, contentOf(response)["code"]))
            self.assertIn(text, contentOf(response)["error"])

    def test_oneAtATime(self) -> None:
        """While a command of a login runs, the next one is asked to wait; other logins are not."""
        waiting: list[Deferred[dict[str, object]]] = []

        class Slow:
            """Answers when it is told."""

            def execute(self, *arguments: object) -> Deferred[dict[str, object]]:
                """Note a command."""
                waiting.append(Deferred())
                return waiting[-1]

        slow: Any = Slow()
        self.assertTrue(IAdministration.providedBy(self.server.context.administration))
        self.server.context.administration = slow
        body = {"command": "server.who"}
        first = self.posting("/admin/command", body, Cookie=self.cookie)
        second = self.post("/admin/command", body, Cookie=self.cookie)
        self.assertEqual((429, "1"), (second.status, second.headers["retry-after"]))
        self.posting("/admin/command", body, Cookie=self.logIn())
        self.assertEqual(2, len(waiting))
        waiting[0].callback({})
        self.server.pump()
        self.assertEqual(200, first.take().status)
        self.posting("/admin/command", body, Cookie=self.cookie)
        self.assertEqual(3, len(waiting))

    def test_stillAllowed(self) -> None:
        """A command that waits can ask whether its sender is still an administrator."""
        asked: list[Any] = []

        class Asking:
            """Notes how to ask."""

            def execute(self, *arguments: object) -> Deferred[dict[str, object]]:
                """Note the last argument."""
                asked.append(arguments[-1])
                return Deferred()

        asking: Any = Asking()
        self.server.context.administration = asking
        self.posting("/admin/command", {"command": "account.password"}, Cookie=self.cookie)
        (isAllowed,) = asked
        self.assertTrue(isAllowed())
        self.appoint(None)
        self.assertFalse(isAllowed())
        self.appoint("yes")
        self.assertTrue(isAllowed())

    def test_passwords(self) -> None:
        """The password of a new account is checked and hashed here, and is in neither the answer nor the trail."""
        self.assertEqual("BAD_PASSWORD", contentOf(self.ask("account.create", name="dan", password="x"))["code"])
        answer = self.do("account.create", name="dan", password=PASSWORD)
        self.assertEqual("dan", answer["account"])
        self.do("account.password", name="bob", password="Wq7-mapletree")
        self.logIn(name="dan")
        self.logIn(name="bob", password="Wq7-mapletree")
        self.assertNotIn(PASSWORD, json.dumps([answer, self.acts()]))
        self.assertEqual(
            ["account.password", "account.create", "account.create.refused", "account.create"],
            [act["act"] for act in self.acts()["items"]],
        )

"""Logging in at the page with a real provider of OpenID Connect, npm's C{oidc-provider}, in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest import SkipTest

from tests.test_daemon import PATIENCE
from tests.web.browser import PageTestCase
from tests.web.server import Output

SCRIPT = Path(__file__).with_name("provider.mjs")

LOOK = "require.resolve('oidc-provider')"


def reasonToSkip() -> str | None:
    """Return why there can be no provider, or C{None}."""
    node = shutil.which("node")
    if node is None:
        return "there is no node here, which runs the provider"
    found = subprocess.run([node, "-e", LOOK], capture_output=True, check=False, timeout=PATIENCE, cwd=SCRIPT.parent)
    return "npm's oidc-provider is not installed where NODE_PATH leads" if found.returncode else None


class OidcTests(PageTestCase):
    """
    Somebody whom the provider knows logs in.

    The page is at 127.0.0.1 and the provider at localhost, which are two sites for a browser.
    """

    def setUp(self) -> None:
        super().setUp()
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)
        node = shutil.which("node")
        assert node is not None
        process = subprocess.Popen(
            [node, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = Output(process.stdout)
        self.addCleanup(output.close)
        self.addCleanup(process.wait, PATIENCE)
        assert process.stdin is not None
        self.addCleanup(process.stdin.close)
        port = int(output.until(re.compile(r"port (\d+)"))[1])
        server = self.serve(f"--config={self.configuration(port)}")
        process.stdin.write(f"{server.url}oidc/local/callback\n")
        process.stdin.flush()
        output.until(re.compile("ready"))

    def configuration(self, port: int) -> str:
        """Write the configuration of a server that knows the provider, and return its path."""
        path = Path(self.mktemp()).resolve()
        path.write_text(
            f'[oidc.local]\nlabel = "Local ID"\nissuer = "http://localhost:{port}"\nclientId = "chat"\n'
            'clientSecret = "a secret: 50%"\ncreate = "always"\n'
        )
        return str(path)

    def logIn(self, page: Any, name: str, path: str = "oidc/local") -> None:
        """Go to the provider, log in there, and come back."""
        page.goto(f"{self.server.url}{path}")
        if page.url.startswith("http://localhost"):
            page.locator("[name=login]").fill(name)
            page.locator("[name=password]").fill("any")
            page.get_by_role("button").first.click()
            page.get_by_role("button", name="Continue").click()
        page.wait_for_url(re.compile(re.escape(self.server.url) + "(#.*)?$"))

    def account(self, page: Any) -> str | None:
        """Return the account as which the browser is logged in."""
        account: str | None = page.evaluate("fetch('/login').then((answer) => answer.json()).then((it) => it.account)")
        return account

    def test_logIn(self) -> None:
        """A browser logs in with the provider, and has a cookie that scripts cannot read."""
        context = self.context()
        page = context.new_page()
        self.logIn(page, "carol", "oidc/local?room=%23tea")
        self.assertEqual(f"{self.server.url}#tea", page.url)
        self.assertEqual("carol", self.account(page))
        self.assertEqual("", page.evaluate("document.cookie"))
        cookies = {one["name"]: one for one in context.cookies(self.server.url)}
        self.assertEqual(["twistchat"], list(cookies))
        self.assertEqual((True, "Strict"), (cookies["twistchat"]["httpOnly"], cookies["twistchat"]["sameSite"]))
        self.assertIn("The first login of carol with Local ID made their account", self.server.log)

    def test_denied(self) -> None:
        """Somebody who gives up at the provider comes back to a page that says so, and is not logged in."""
        page = self.page()
        page.get_by_role("link", name="Continue with Local ID").click()
        page.get_by_role("link", name="Cancel").click()
        page.get_by_text("Local ID did not log you in.").wait_for()
        page.get_by_role("link", name="Back to the page").click()
        self.assertIsNone(self.account(page))

    def test_everywhere(self) -> None:
        """Two browsers log in to one account.  After a logout everywhere, neither is logged in."""
        pages = [self.context().new_page() for _ in range(2)]
        for page in pages:
            self.logIn(page, "carol")
            self.assertEqual("carol", self.account(page))
        status = pages[0].evaluate(
            """fetch('/logout', {method: 'POST', headers: {'Content-Type': 'application/json'},
            body: '{"everywhere": true}'}).then((answer) => answer.status)"""
        )
        self.assertEqual(200, status)
        self.assertEqual([None, None], [self.account(page) for page in pages])
        self.assertNotIn("Traceback", self.server.log)

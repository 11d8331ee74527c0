"""Logging in at the page with a password, in a real browser."""

from __future__ import annotations

import re

from pyotp import TOTP

from tests.web.browser import PageTestCase


class LoginTests(PageTestCase):
    """Somebody with an account and a second factor."""

    def test_code(self) -> None:
        """The page asks for the code, asks again after a wrong one, and comes in with a right one."""
        self.serve()  # an address may register few accounts, and fail to log in few times
        nick = self.name("fay")
        irc = self.irc(nick)
        irc.send("REGISTER * * :correct horse battery")
        irc.until(re.compile(r"REGISTER SUCCESS"))
        irc.send("PRIVMSG NickServ :TOTP SETUP")
        secret = irc.until(re.compile(r"The secret for your app: (\w+)"))[1]
        irc.send(f"PRIVMSG NickServ :TOTP CONFIRM {TOTP(secret).now()}")
        recovery = irc.until(re.compile(r"each of these works once: (\S+)"))[1]
        irc.send("QUIT")
        page = self.page()
        page.get_by_role("button", name="Log in").click()
        page.locator("[name=name]").fill(nick)
        page.locator("[name=password]").fill("correct horse battery")
        page.locator("[name=password]").press("Enter")
        for code in ("no code", recovery):
            page.locator("[name=code]").fill(code)
            page.locator("[name=code]").press("Enter")
            if code == "no code":
                page.get_by_text("The code is wrong").wait_for()
        self.composer(page).wait_for()

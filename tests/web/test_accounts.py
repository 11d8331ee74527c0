"""People enter at the page, have accounts there, and choose how it looks."""

from __future__ import annotations

import re
import threading
from email import message_from_bytes
from email.policy import SMTP
from queue import SimpleQueue
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

from pyotp import TOTP

from tests.test_daemon import PATIENCE
from tests.web.browser import PageTestCase
from tests.web.test_accessibility import AXE, axeSource

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PASSWORD = "Wq7-mapletree"


class AccountTestCase(PageTestCase):
    """Has steps that people with accounts take."""

    def register(self, name: str, path: str = "") -> Page:
        """Open the page in a new browser, and create an account."""
        page = self.page(path)
        page.get_by_role("button", name="Create an account").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_role("button", name="Create the account").click()
        self.composer(page).wait_for()
        return page

    def account(self, path: str = "") -> tuple[str, Page]:
        """Make an account at the server, where no limit of registrations counts, and log in to it at the page."""
        name = self.name("ann")
        self.server.console("account", "create", name, stdin=f"{PASSWORD}\n")
        page = self.page(path)
        self.logIn(page, name)
        self.composer(page).wait_for()
        return name, page

    def logIn(self, page: Page, name: str, password: str = PASSWORD) -> None:
        """Fill in the login at the entry, and send it."""
        toggle, field = page.get_by_role("button", name="Log in with an account"), page.get_by_label("Account")
        # A page that has just been opened shows neither yet.
        toggle.or_(field).first.wait_for()
        if toggle.is_visible():
            toggle.click()
        field.fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in", exact=True).click()

    def settings(self, page: Page, part: str) -> Locator:
        """Open a part of the settings."""
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("tab", name=part).click()
        return page.get_by_role("tabpanel", name=part)

    def problem(self, page: Page | Locator, text: str) -> None:
        """Wait until an error is shown."""
        page.get_by_role("alert").filter(has_text=text).first.wait_for()


class EntryTests(AccountTestCase):
    """The entry: names, logins and refusals."""

    def test_stays(self) -> None:
        """Who registers stays logged in after a reload.  Scripts see no secret."""
        self.serve()  # an address may register few accounts
        name, room = self.name("ann"), f"#{self.name('tea')}"
        page = self.register(name, room)
        page.get_by_role("status").filter(has_text=f"Your account {name} is ready").wait_for()
        cookies = page.context.cookies()
        self.assertEqual(
            [("twistchat", True, "Strict")], [(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies]
        )
        kept = page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
        self.assertNotIn(cookies[0]["value"], kept)
        self.assertNotIn(PASSWORD, kept)
        page.reload()
        self.composer(page).wait_for()
        self.assertTrue(page.url.endswith(room))
        irc = self.irc(self.name("cat"))
        irc.send(f"WHOIS {name}")
        irc.until(re.compile(rf" 330 \S+ {name} {name} "))
        page.get_by_role("button", name="Log out").click()
        page.get_by_role("status").filter(has_text="You are logged out.").wait_for()
        self.assertEqual("nick", page.evaluate("document.activeElement.name"))
        page.reload()
        self.assertEqual(name, page.get_by_label("Your name").input_value())
        self.assertEqual([], page.context.cookies())

    def test_refusedPassword(self) -> None:
        """The server's reason stands beside the fields of a new account, and another try succeeds."""
        self.serve()  # an address may register few accounts
        page = self.page()
        page.get_by_role("button", name="Create an account").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(self.name("ann"))
        dialog.get_by_label("Password").fill("password1")
        dialog.get_by_role("button", name="Create the account").click()
        self.problem(dialog, "one of the most common passwords")
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_label("Password").press("Enter")
        self.composer(page).wait_for()

    def test_takenNick(self) -> None:
        """A name that somebody has leads to another one."""
        nick = self.name("bob")
        self.irc(nick)
        page = self.page()
        page.get_by_label("Your name").fill("bob the builder")
        page.get_by_role("button", name="Enter the chat").click()
        self.problem(page, "A name has no spaces")
        page.get_by_label("Your name").fill(nick)
        page.get_by_role("button", name="Enter the chat").click()
        self.problem(page, "already in use")
        page.get_by_role("button", name="Enter as ").click()
        self.composer(page).wait_for()
        page.locator(".sidebar footer").get_by_text("guest", exact=True).wait_for()

    def test_ownedNick(self) -> None:
        """A name that belongs to an account leads to the login.  A wrong password says so, the right one enters."""
        self.serve()
        name, first = self.account()
        first.context.close()
        page = self.page()
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Enter the chat").click()
        self.problem(page, "belongs to an account")
        page.get_by_role("button", name=f"Log in as {name}").click()
        self.assertEqual(name, page.get_by_label("Account").input_value())
        self.logIn(page, name, "wrong-password")
        self.problem(page, "The account or the password is wrong")
        self.logIn(page, name)
        self.composer(page).wait_for()

    def test_noGuests(self) -> None:
        """Where guests may not enter, the page asks for a login only, and still registers accounts."""
        self.serve("--set", "web.guests=false")
        page = self.page()
        page.get_by_label("Account").wait_for()
        self.assertEqual(0, page.get_by_label("Your name").count())
        self.account()
        page = self.register(self.name("bob"))
        page.reload()
        self.composer(page).wait_for()

    def test_endedElsewhere(self) -> None:
        """A login that ends elsewhere leads back to the entry, with the reason and the room."""
        room = f"#{self.name('tea')}"
        name, one = self.account(room)
        two = self.page(room)
        self.logIn(two, name)
        self.composer(two).wait_for()
        self.settings(two, "Account").get_by_role("button", name="Log out everywhere").click()
        two.get_by_role("dialog", name="Log out everywhere").get_by_role("button", name="Log out everywhere").click()
        two.get_by_role("button", name="Log in", exact=True).or_(two.get_by_label("Your name")).first.wait_for()
        self.problem(one, "Your login has ended")
        self.assertTrue(one.url.endswith(room))
        self.assertEqual(name, one.get_by_label("Account").input_value())
        self.logIn(one, name)
        self.composer(one).wait_for()
        self.assertTrue(one.url.endswith(room))


class Letters(ThreadingTCPServer):
    """
    A mail server (RFC 5321) without encryption.  It needs no event loop, since Playwright's runs in the thread of these
    tests; that of the tests of mails needs one.

    @ivar arrivals: the mails that it has taken.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Delivery)
        self.arrivals: SimpleQueue[bytes] = SimpleQueue()
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Stop it, and wait for the end of its thread."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class Delivery(StreamRequestHandler):
    """A connection to L{Letters}."""

    server: Letters

    def handle(self) -> None:
        """Take mails until the sender goes."""
        self.wfile.write(b"220 localhost\r\n")
        for line in self.rfile:
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                self.wfile.write(b"354 Go on\r\n")
                self.server.arrivals.put(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.wfile.write(b"221 Bye\r\n" if verb == b"QUIT" else b"250 localhost\r\n")
            if verb == b"QUIT":
                return


class MailTests(AccountTestCase):
    """Where accounts need a mail address."""

    def test_verify(self) -> None:
        """A code comes by mail.  It can be entered at once, and also after another visit, by who has the password."""
        mails = Letters()
        self.addCleanup(mails.stop)
        wanted = {
            "mail.host": '"127.0.0.1"',
            "mail.port": str(mails.server_address[1]),
            "mail.security": '"none"',
            "mail.sender": '"chat@example.org"',
            "accounts.emailRequired": "true",
        }
        self.serve(*[part for key, value in wanted.items() for part in ("--set", f"{key}={value}")])
        page = self.page()
        self._ask(page, "ann", "")
        self.problem(page.get_by_role("dialog"), "mail address")
        page.keyboard.press("Escape")
        self._ask(page, "ann", "ann@example.org")
        dialog = page.get_by_role("dialog", name="Verify your mail address")
        dialog.get_by_label("Code from the mail").fill("wrong")
        dialog.get_by_role("button", name="Verify and enter").click()
        self.problem(dialog, "code")
        dialog.get_by_label("Code from the mail").fill(self._code(mails))
        dialog.get_by_role("button", name="Verify and enter").click()
        self.composer(page).wait_for()
        later = self.page()
        self._ask(later, "bob", "bob@example.org")
        later.get_by_label("Code from the mail").wait_for()
        later.reload()
        self.logIn(later, "bob")
        self.problem(later, "not verified")
        later.get_by_role("button", name="Enter the code from the mail").click()
        dialog = later.get_by_role("dialog")
        dialog.get_by_label("Name").fill("bob")
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_label("Code from the mail").fill(self._code(mails))
        dialog.get_by_role("button", name="Verify and enter").click()
        self.composer(later).wait_for()
        later.reload()
        self.composer(later).wait_for()

    def _ask(self, page: Page, name: str, email: str) -> None:
        page.get_by_role("button", name="Create an account").click()
        dialog = page.get_by_role("dialog")
        for label, value in (("Name", name), ("Password", PASSWORD), ("Mail address", email)):
            dialog.get_by_label(label).fill(value)
        dialog.get_by_role("button", name="Create the account").click()

    def _code(self, mails: Letters) -> str:
        text = message_from_bytes(mails.arrivals.get(timeout=PATIENCE), policy=SMTP).get_content()
        found = re.search(r"^The code .* is (\S+)\r?$", text, re.MULTILINE)
        assert found is not None, text
        return found[1]


class SettingsTests(AccountTestCase):
    """The settings, and what belongs to an account."""

    def test_factor(self) -> None:
        """A second factor is set up by the address in its QR code.  From then on a login needs a code."""
        self.serve()
        name, page = self.account()
        security = self.settings(page, "Security")
        security.get_by_role("button", name="Set up a second factor").click()
        security.get_by_role("img", name="QR code of the secret").wait_for()
        secret = security.locator("code.secret").first.inner_text().replace(" ", "")
        security.get_by_label("Code from the app").fill("000000")
        security.get_by_role("button", name="Turn it on").click()
        self.problem(security, "code is wrong")
        security.get_by_label("Code from the app").fill(TOTP(secret).now())
        security.get_by_role("button", name="Turn it on").click()
        security.get_by_text("Your recovery codes").wait_for()
        codes = security.locator(".codes code").all_inner_texts()
        self.assertEqual(10, len(set(codes)))
        security.get_by_role("button", name="I have kept them").click()
        self.assertEqual(0, page.get_by_text(codes[0]).count())
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Log out").click()
        self.logIn(page, name)
        code = page.get_by_label("Code of your second factor")
        code.wait_for()
        self.assertEqual("code", page.evaluate("document.activeElement.name"))
        code.fill("wrong")
        code.press("Enter")
        self.problem(page, "code is wrong")
        code.fill(codes[0])
        code.press("Enter")
        self.composer(page).wait_for()

    def test_credentials(self) -> None:
        """An app token is shown once and logs in; browsers are listed and logged out; nothing appears in the chat."""
        name, page = self.account()
        other = self.page()
        self.logIn(other, name)
        self.composer(other).wait_for()
        devices = self.settings(page, "Devices")
        devices.get_by_label("Name of a new token").fill("phone")
        devices.get_by_label("Name of a new token").press("Enter")
        token = devices.locator("code.secret").inner_text()
        irc = self.irc(self.name("cat"))
        irc.send(f"NS IDENTIFY {name} {token}")
        irc.until(f"You are logged in to {name}")
        devices.get_by_role("button", name="Remove phone").click()
        devices.get_by_text("The app token phone is removed").wait_for()
        self.assertEqual(0, devices.get_by_role("list", name="App tokens").get_by_role("listitem").count())
        browsers = devices.get_by_role("list", name="Browsers that are logged in")
        self.assertEqual(2, browsers.get_by_role("listitem").count())
        browsers.get_by_role("button").last.click()
        page.get_by_role("dialog", name="Log out").get_by_role("button", name="Log out").click()
        self.problem(other, "Your login has ended")
        page.keyboard.press("Escape")
        self.assertEqual(0, page.get_by_text("NickServ").count())

    def test_password(self) -> None:
        """A new password is checked by the server, and counts from then on."""
        self.serve()
        new = "another-Mapletree-9"
        name, page = self.account()
        security = self.settings(page, "Security")
        refused = (
            (new, PASSWORD, "differ"),
            ("a b c d e f", "a b c d e f", "no spaces"),
            (*["password1"] * 2, "common"),
        )
        for given, again, said in refused:
            security.get_by_label("New password", exact=True).fill(given)
            security.get_by_label("New password again").fill(again)
            security.get_by_role("button", name="Change the password").click()
            security.get_by_text(said).last.wait_for()
        security.get_by_label("New password", exact=True).fill(new)
        security.get_by_label("New password again").fill(new)
        security.get_by_role("button", name="Change the password").click()
        security.get_by_text("Your password has changed").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Log out").click()
        self.logIn(page, name, new)
        self.composer(page).wait_for()

    def test_profile(self) -> None:
        """Others see a new display name and colour at once, also beside what was said before."""
        room = f"#{self.name('tea')}"
        name, ann = self.account(room)
        bob = self.enter(self.name("bob"), room)
        self.say(ann, "before")
        self.shown(bob, "before")
        profile = self.settings(ann, "Profile")
        profile.get_by_label("Display name").fill("Ann the Great")
        profile.get_by_label("Colour of your picture").fill("#aa0033")
        profile.get_by_role("button", name="Save").click()
        profile.get_by_text("Everyone sees it now").wait_for()
        row = self.row(bob, "before").filter(has_text="Ann the Great")
        row.wait_for()
        self.assertIn(name, row.inner_text())
        colour = row.locator(".avatar").evaluate("avatar => getComputedStyle(avatar).backgroundColor")
        self.assertEqual("rgb(170, 0, 51)", colour)

    def test_guestRegisters(self) -> None:
        """A guest makes an account of the nick in the chat, and is in the same room with it."""
        self.serve()  # an address may register few accounts
        room, name = f"#{self.name('tea')}", self.name("ann")
        page = self.enter(name, room)
        self.settings(page, "Account").get_by_role("button", name="Create an account").click()
        dialog = page.get_by_role("dialog", name="Create an account")
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_role("button", name="Create the account").click()
        dialog.wait_for(state="detached")
        page.locator(".banner[data-state=online]").wait_for(state="attached")
        page.get_by_text(f"You are logged in as {name}").wait_for()
        page.keyboard.press("Escape")
        self.say(page, "with an account")
        page.locator("chat-log .row:not(.pending)").filter(has_text="with an account").wait_for()
        page.reload()
        self.shown(page, "with an account")

    def test_tabs(self) -> None:
        """A setting applies at once in all tabs of a browser, and after a reload."""
        room = f"#{self.name('tea')}"
        one = self.enter(self.name("ann"), room)
        two = self.enter(self.name("ann"), room, context=one.context)
        joined = one.locator("chat-log .row.join, chat-log .fold")
        joined.first.wait_for()
        look = self.settings(two, "Appearance")
        look.get_by_label("Dark").check()
        look.get_by_label("6:30 pm").check()
        two.get_by_role("tab", name="Chat").click()
        two.get_by_label("Show who comes and goes").uncheck()
        one.locator("html[data-theme=dark]").wait_for()
        joined.first.wait_for(state="hidden")
        two.keyboard.press("Escape")
        self.say(two, "tea?")
        self.shown(one, "tea?")
        self.assertRegex(self.row(one, "tea?").locator("time").inner_text(), r"(?i)[ap]m")
        one.reload()
        one.locator("html[data-theme=dark]").wait_for()

    def test_accessible(self) -> None:
        """axe-core finds nothing in the settings, in the shortcuts, and around the entry."""
        axe = axeSource()

        def look(view: str) -> None:
            page.evaluate(axe)
            self.assertEqual([], page.evaluate(AXE), view)

        for phone in (False, True):
            page = self.page(phone=phone, dark=phone)
            page.get_by_role("button", name="Create an account").click()
            page.get_by_role("button", name="I have an invitation code").click()
            look("a new account")
            page.keyboard.press("Escape")
            name = self.name("ann")
            self.server.console("account", "create", name, stdin=f"{PASSWORD}\n")
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Enter the chat").click()
            self.problem(page, "belongs to an account")
            look("a name that is taken")
            self.logIn(page, name)
            self.composer(page).wait_for()
            page.evaluate("document.querySelector('[aria-label=Settings]').click()")
            for part in ("Appearance", "Chat", "Profile", "Account", "Security", "Devices"):
                page.get_by_role("tab", name=part).click()
                page.get_by_role("tabpanel", name=part).wait_for()
                if part == "Account":
                    page.get_by_label("Your mail address").wait_for()
                if part == "Security":
                    page.get_by_role("button", name="Set up a second factor").click()
                    page.get_by_role("img", name="QR code of the secret").wait_for()
                if part == "Devices":
                    page.get_by_role("button", name="Log out Chrome").wait_for()
                look(part)
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press("?")
            page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
            look("shortcuts")

    def test_keyboard(self) -> None:
        """C{?} shows the shortcuts.  Arrow keys go through the settings, and Escape gives the focus back."""
        page = self.enter(self.name("ann"))
        page.get_by_role("button", name="Settings").focus()
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Settings").press("Enter")
        page.get_by_role("tab", name="Appearance").wait_for()
        page.keyboard.press("ArrowRight")
        page.get_by_role("tabpanel", name="Chat").wait_for()
        self.assertEqual("Chat", page.evaluate("document.activeElement.textContent"))
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        self.assertEqual("Settings", page.evaluate("document.activeElement.ariaLabel"))
        self.composer(page).focus()
        page.keyboard.press("?")
        self.assertEqual("?", self.composer(page).input_value())

"""The status page: what an administrator sees and does there, and that nobody else sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import PageTestCase
from tests.web.test_accessibility import AXE, axeSource
from tests.web.test_accounts import PASSWORD
from tests.web.test_looks import SMALL

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PARTS = ("Overview", "Users", "Rooms", "Bans", "Accounts", "Audit trail", "Server")
"""The tabs."""

TARGETS = SMALL.replace("'button, input,", "'button, input:not([type=checkbox]),")
"""Returns what is too small for a thumb.  The target of a checkbox is its label."""


class StatusPageTests(PageTestCase):
    """The page, at a server with an administrator."""

    def setUp(self) -> None:
        super().setUp()
        self.serve()
        self.server.console("account", "create", "ann", "--admin", stdin=f"{PASSWORD}\n")

    def logIn(self, context: BrowserContext, name: str) -> None:
        """Log a browser in, without its page."""
        origin = {"Origin": self.server.url.rstrip("/")}
        answer = context.request.post(
            f"{self.server.url}login", data={"name": name, "password": PASSWORD}, headers=origin
        )
        self.assertEqual(200, answer.status)

    def status(self, **options: bool) -> Page:
        """Open the page as the administrator."""
        context = self.context(**options)
        self.logIn(context, "ann")
        page = self.page("admin", context=context)
        page.get_by_role("heading", name="The last hour").wait_for()
        return page

    def tab(self, page: Page, name: str) -> None:
        """Go to a part of the page."""
        page.get_by_role("tab", name=name).click()

    def test_administrator(self) -> None:
        """
        An administrator sees the plots, kicks somebody, sets a ban and lifts it.  The audit trail has that.  Others see
        none of it.
        """
        cat = self.irc("cat")
        page = self.status()
        for plot in ("Sessions", "Rooms", "Reactor lag", "Deliveries per second"):
            page.get_by_role("img", name=plot).wait_for()
        page.get_by_text("1 (irc 1").wait_for()
        self.tab(page, "Users")
        page.get_by_role("button", name="Kick cat").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("<b>tea</b>")
        page.get_by_role("dialog").get_by_role("button", name="Kick", exact=True).click()
        page.get_by_role("status").filter(has_text="cat was disconnected").wait_for()
        cat.until("<b>tea</b>")
        page.get_by_text("There is no such user").wait_for()
        self.assertEqual("search", page.evaluate("document.activeElement.type"))
        self.tab(page, "Bans")
        page.get_by_label("Whom").fill("203.0.113.0/24")
        page.get_by_role("button", name="Ban", exact=True).click()
        page.get_by_role("button", name="Lift the ban of 203.0.113.0/24").press("Enter")
        page.get_by_text("There is no such ban").wait_for()
        self.assertEqual("search", page.evaluate("document.activeElement.type"))
        page.get_by_label("Whom").fill("*")
        page.get_by_role("button", name="Ban", exact=True).click()
        page.get_by_role("alert").filter(has_text="*").wait_for()
        self.tab(page, "Audit trail")
        rows = page.get_by_role("list", name="Audit trail").get_by_role("listitem")
        rows.filter(has_text="server.unban").wait_for()
        acts = [row.locator("code").inner_text() for row in rows.all()]
        wanted = ["server.ban.refused", "server.ban", "server.unban", "server.ban", "server.kick"]
        self.assertEqual(wanted, acts[: len(wanted)])
        self.assertIn("<b>tea</b>", rows.nth(4).inner_text())
        page.get_by_label("Filter").fill("kick")
        rows.filter(has_text="server.ban").first.wait_for(state="detached")
        self.assertEqual(1, rows.count())
        self.linked(page.context)
        self.refused(page)

    def linked(self, context: BrowserContext) -> None:
        """The settings of an administrator's account lead to the page."""
        chat = self.page(context=context)
        self.composer(chat).wait_for()
        chat.get_by_role("button", name="Settings").click()
        chat.get_by_role("tab", name="Account").click()
        self.assertEqual("/admin", chat.get_by_role("link", name="Server status").get_attribute("href"))
        chat.close()

    def refused(self, page: Page) -> None:
        """Guests and other accounts see a plain refusal; who is no administrator any more stops seeing anything."""
        guest = self.page("admin")
        guest.get_by_text("Log in at the chat with the account of an administrator").wait_for()
        self.tab(page, "Accounts")
        page.get_by_label("Name", exact=True).fill("ben")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create").click()
        page.get_by_role("status").filter(has_text="ben is registered").wait_for()
        context = self.context()
        self.logIn(context, "ben")
        ben = self.page("admin", context=context)
        ben.get_by_text("Only administrators of this server see its status").wait_for()
        self.assertEqual(0, ben.get_by_role("tab").count())
        page.get_by_role("button", name="Manage the account ann").click()
        page.get_by_role("button", name="Make no administrator").click()
        page.get_by_role("alert").filter(has_text="Only administrators").first.wait_for()
        page.get_by_role("tab").first.wait_for(state="detached")

    def test_axe(self) -> None:
        """axe-core finds nothing: in each part and the dialogs, wide and light, and on a dark phone."""
        axe = axeSource()
        cat = self.irc("cat")
        cat.join("#tea")
        for phone in (False, True):
            page = self.status(phone=phone, dark=phone)
            page.evaluate(axe)
            for part in PARTS:
                self.tab(page, part)
                page.get_by_role("heading", level=2).first.wait_for()
                self.assertEqual([], page.evaluate(AXE), part)
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                self.assertLessEqual(wide, 0, part)
                self.assertEqual([], page.evaluate(TARGETS) if phone else [], part)
            for part, button in (("Users", "Kick cat"), ("Users", "Ban cat"), ("Accounts", "Manage the account ann")):
                self.tab(page, part)
                page.get_by_role("button", name=button).click()
                page.get_by_role("dialog").get_by_role("button").nth(1).wait_for()
                self.assertEqual([], page.evaluate(AXE), button)
                page.keyboard.press("Escape")
                page.get_by_role("dialog").wait_for(state="detached")
            page.close()

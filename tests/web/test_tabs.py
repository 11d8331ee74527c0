"""Several tabs and browsers of one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_accounts import AccountTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class TabTests(AccountTestCase):
    """They agree on what has been read, and show the same."""

    def test_read(self) -> None:
        """
        Two tabs and another browser count what nobody has read.  When one of them shows it, none counts it any more,
        and what they said themselves is never counted.
        """
        tea, other = f"#{self.name('tea')}", f"#{self.name('other')}"
        bob = self.irc(self.name("bob"))
        bob.join(tea)
        name, one = self.account(tea)
        one.get_by_role("heading", name=tea, level=2).wait_for()
        self.open(one, other)
        two = self.page(other, context=one.context)
        three = self.page(other)
        self.logIn(three, name)
        for page in (two, three):
            page.get_by_role("heading", name=other, level=2).wait_for()
            self.item(page, tea).wait_for()
        bob.send(*[f"PRIVMSG {tea} :number {number}" for number in range(3)])
        for page in (one, two, three):
            self.item(page, tea).get_by_text("3 unread").wait_for()
        self.item(two, tea).click()
        self.shown(two, "number 2")
        for page in (one, two, three):
            self.item(page, tea).get_by_text("unread").wait_for(state="detached")
        self.say(two, "said in a tab")
        self.item(one, tea).click()
        self.shown(one, "said in a tab")
        self.assertEqual(self.ids(two), self.ids(one))
        self.assertEqual(0, self.item(three, tea).get_by_text("unread").count())

    def open(self, page: Page, room: str) -> None:
        """Join a room, and show it."""
        page.get_by_label("Room to join or create").fill(room)
        page.get_by_role("button", name="Join", exact=True).click()
        page.get_by_role("heading", name=room, level=2).wait_for()

    def item(self, page: Page, room: str) -> Locator:
        """Return a room in the list of rooms."""
        return page.locator("nav li").filter(has_text=room)

"""Search, mentions, and the way to a message in the past and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.web.browser import PageTestCase
from tests.web.server import EXEMPT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NUMBERS = r"""() => [...document.querySelectorAll('chat-log .row .body')]
    .map((body) => /^line (\d+)/.exec(body.textContent)?.[1]).filter(Boolean).map(Number)"""


class SearchTests(PageTestCase):
    """The dialogs of search and mentions."""

    def fill(self, room: str, total: int, nick: str) -> None:
        """Say so many lines in a room, without limits of speed."""
        irc = self.irc(nick)
        irc.join(room)
        for start in range(0, total, 50):
            for number in range(start, min(start + 50, total)):
                irc.send(f"PRIVMSG {room} :line {number} of {'needle' if number == 100 else 'hay'}")
            irc.settle()

    def search(self, page: Page, text: str) -> Locator:
        """Search for words by the keyboard, and return the results."""
        page.keyboard.press("Control+k")
        field = page.get_by_label("Words")
        field.fill(text)
        field.press("Enter")
        return page.locator(".result")

    def numbers(self, page: Page) -> list[int]:
        """Return the numbers of the lines in the log, and check that none is missing or twice."""
        found: list[int] = page.evaluate(NUMBERS)
        self.assertEqual(list(range(found[0], found[0] + len(found))), found)
        return found

    def test_jumpAndReturn(self) -> None:
        """
        One searches, and goes to a message of long ago.  Live lines are not put below it.  Scrolling leads on in both
        directions, and the button to the newest message.
        """
        self.serve(*EXEMPT)
        room = f"#{self.name('hay')}"
        self.fill(room, 400, self.name("cat"))
        irc = self.irc(self.name("dan"))
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        self.shown(page, "line 399")
        results = self.search(page, "needle")
        results.first.wait_for()
        self.assertEqual(["needle"], page.locator(".result mark").all_inner_texts())
        page.get_by_text("Messages found: 1").wait_for()
        results.first.press("Enter")
        page.locator("chat-log .row:focus").filter(has_text="needle").wait_for()
        self.assertEqual(0, page.locator("dialog").count())
        self.assertEqual(1, self.row(page, "needle").locator("visible=true").count())
        irc.send(f"PRIVMSG {room} :said meanwhile")
        page.locator(".sidebar .count").get_by_text("1 unread").wait_for(state="attached")
        self.assertEqual(0, self.row(page, "said meanwhile").count())
        for _ in range(60):
            page.evaluate("document.querySelector('.scroller').scrollTop += 2000")
            if page.locator(".jump").is_hidden():
                break
            page.wait_for_timeout(100)
        self.shown(page, "said meanwhile")
        self.assertEqual(399, self.numbers(page)[-1])
        irc.send(f"PRIVMSG {room} :said at the end")
        self.shown(page, "said at the end")
        page.keyboard.press("Control+k")
        page.locator(".result").first.click()
        page.locator("chat-log .row:focus").filter(has_text="needle").wait_for()
        irc.send(f"PRIVMSG {room} :one more")
        page.get_by_role("button", name=re.compile("newest")).click()
        self.shown(page, "one more")
        self.assertEqual(399, self.numbers(page)[-1])

    def test_filters(self) -> None:
        """One searches by room and by name.  A search without result says so, and an empty one too."""
        tea, coffee = f"#{self.name('tea')}", f"#{self.name('coffee')}"
        bob, cat = self.irc(self.name("bob")), self.irc(self.name("cat"))
        for irc in (bob, cat):
            irc.join(tea)
            irc.join(coffee)
        page = self.enter(self.name("ann"), tea)
        page.get_by_label("Room to join").fill(coffee)
        page.get_by_role("button", name="Join", exact=True).click()
        page.get_by_role("heading", name=coffee).wait_for()
        bob.send(f"PRIVMSG {tea} :sugar for bob", f"PRIVMSG {coffee} :sugar again")
        cat.send(f"PRIVMSG {coffee} :sugar for cat")
        self.shown(page, "sugar for cat")
        self.shown(page, "sugar again")
        self.composer(page).focus()
        results = self.search(page, "SUGAR")
        page.get_by_text("Messages found: 3").wait_for()
        page.locator("[name=room]").select_option(coffee)
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_text("Messages found: 2").wait_for()
        page.get_by_label("From", exact=True).fill(bob.nick)
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_text("Messages found: 1").wait_for()
        self.assertIn("sugar again", results.inner_text())
        page.get_by_label("First day").fill("2020-01-01")
        page.get_by_label("Last day").fill("2020-01-02")
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_text("No message matches").wait_for()
        page.keyboard.press("Escape")
        page.locator("#composer:focus").wait_for()

    def test_refused(self) -> None:
        """What the server says of a search that it refuses is shown beside the form."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        page.keyboard.press("Control+k")
        page.locator("form.search").wait_for()
        page.evaluate("document.querySelector('[name=room]').append(new Option('#nowhere', '#nowhere', true, true))")
        page.get_by_role("button", name="Search", exact=True).click()
        page.locator("form.search .problem").filter(has_text=re.compile(r"\w")).wait_for()

    def test_mentions(self) -> None:
        """Mentions of before and of now are in one place, which leads to them."""
        tea = f"#{self.name('tea')}"
        ann, bob = self.name("ann"), self.irc(self.name("bob"))
        bob.join(tea)
        bob.send(f"PRIVMSG {tea} :{ann}: said before", f"PRIVMSG {tea} :not for you")
        bob.settle()
        page = self.enter(ann, tea)
        self.shown(page, "not for you")
        page.get_by_label("Room to join").fill(f"#{self.name('coffee')}")
        page.get_by_role("button", name="Join", exact=True).click()
        self.composer(page).wait_for()
        bob.send(f"PRIVMSG {tea} :hello {ann}, said now")
        page.get_by_role("button", name="Mentions, 1 new").click()
        results = page.locator(".result")
        results.nth(1).wait_for()
        self.assertEqual(
            [f"hello {ann}, said now", f"{ann}: said before"], page.locator(".result .excerpt").all_inner_texts()
        )
        self.assertEqual([1, 0], [one.get_by_text("new", exact=True).count() for one in results.all()])
        results.nth(1).click()
        page.locator("chat-log .row:focus").filter(has_text="said before").wait_for()
        page.get_by_role("heading", name=tea).wait_for()
        page.get_by_role("button", name="Mentions", exact=True).wait_for()

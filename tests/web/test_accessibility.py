"""axe-core looks at each main view of the page, light and dark, wide and on a phone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import SkipTest

from tests.web.browser import PageTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = """
async () => {
  // Colours that fade in are judged when they have.
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, any }) =>
    `${html} ${any.map(({ message }) => message)}`).join(' | ')}`);
}
"""


def axeSource() -> str:
    """
    Return axe-core, which a package of PyPI has.

    @raise SkipTest: it is not installed.
    """
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        raise SkipTest("axe-core is not installed: pip install axe-playwright-python")
    return Path(found.origin).with_name("axe.min.js").read_text("utf-8")


class AxeTests(PageTestCase):
    """axe-core finds nothing."""

    def setUp(self) -> None:
        super().setUp()
        self._axe = axeSource()

    def views(self, *, phone: bool, dark: bool) -> None:
        """Check the main views in one kind of browser."""
        room = f"#{self.name('tea')}"
        cat = self.irc(self.name("cat"))
        cat.join(room)
        cat.send(
            f"TOPIC {room} :Tea, and what goes with it",
            f"PRIVMSG {room} :hello \x02bold\x02 \x0304red\x03 `code` https://example.com/",
            f"PRIVMSG {room} :\x01ACTION waves\x01",
            f"NOTICE {room} :a notice",
            "AWAY :tea",
        )
        cat.settle()
        page = self.page(room, phone=phone, dark=dark)
        page.get_by_label("Your name").wait_for()
        self.judge(page, "the entry")
        login = page.get_by_role("button", name="Log in with an account")
        if login.is_visible():
            login.click()
            page.get_by_label("Password").wait_for()
            self.judge(page, "the login")
            page.get_by_role("button", name="Enter as a guest").click()
        page.get_by_label("Your name").fill(self.name("ann"))
        page.get_by_role("button", name="Enter the chat").click()
        self.shown(page, "a notice")
        self.say(page, f"{cat.nick}: hello")
        cat.send(f"PRIVMSG {room} :and again")
        self.shown(page, "and again")
        self.judge(page, "a room")
        if page.get_by_role("button", name="Hide members").count():
            page.get_by_role("button", name="Hide members").click()
        else:
            page.get_by_role("button", name="Show members").click()
        self.judge(page, "the members, open where they were closed, or the other way round")
        page.reload()
        self.shown(page, "and again")
        for dialog in (f"About {room}", "Find rooms", "Create a room", "Settings"):
            self.dialog(page, dialog)

    def dialog(self, page: Page, name: str) -> None:
        """Check a dialog, and each of its tabs."""
        button = page.get_by_role("button", name=name, exact=True)
        if not button.is_visible():
            page.get_by_role("button", name="Show rooms and people").click()
            self.judge(page, "the list of rooms on a phone")
        button.click()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        self.judge(page, name)
        for tab in dialog.get_by_role("tab").all()[1:]:
            tab.click()
            self.judge(page, f"{name}, {tab.inner_text()}")
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")

    def judge(self, page: Page, view: str) -> None:
        """Check a view."""
        page.evaluate(self._axe)
        self.assertEqual([], page.evaluate(AXE), view)

    def test_operating(self) -> None:
        """What an operator sees of a room and of a member, on a phone."""
        room = f"#{self.name('tea')}"
        page, cat = self.enter(self.name("ann"), room, phone=True), self.irc(self.name("cat"))
        cat.join(room)
        page.get_by_role("button", name=f"About {room}").click()
        for tab, part in (("Settings", ".roomModes"), ("Bans", ".masks form")):
            page.get_by_role("tab", name=tab).click()
            page.locator(f".dialog {part}").first.wait_for()
            self.judge(page, f"the dialog of a room: {tab}")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Show members").click()
        page.locator(".members").get_by_role("button", name=cat.nick).click()
        page.locator(".dialog .facts").wait_for()
        self.judge(page, "a profile")
        page.get_by_role("button", name="Ban…").click()
        page.locator(".dialog input[name=mask]").first.wait_for()
        self.judge(page, "a ban")

    def test_searching(self) -> None:
        """The search with its results, and the mentions: on a phone, and in the dark."""
        for phone, dark in ((True, False), (False, True)):
            room, ann = f"#{self.name('tea')}", self.name("ann")
            page, cat = self.enter(ann, room, phone=phone, dark=dark), self.irc(self.name("cat"))
            cat.join(room)
            cat.send(f"PRIVMSG {room} :{ann}, green tea?")
            self.shown(page, "green tea?")
            page.keyboard.press("Control+k")
            page.get_by_label("Words").fill("tea")
            page.get_by_label("Words").press("Enter")
            page.locator(".result mark").wait_for()
            self.judge(page, "the search")
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
            if phone:
                page.get_by_role("button", name="Show rooms and people").click()
            page.get_by_role("button", name="Mentions", exact=True).click()
            page.locator(".result mark").wait_for()
            self.judge(page, "the mentions")

    def test_wideLight(self) -> None:
        """A wide window, light."""
        self.views(phone=False, dark=False)

    def test_wideDark(self) -> None:
        """A wide window, dark."""
        self.views(phone=False, dark=True)

    def test_phoneLight(self) -> None:
        """A phone, light."""
        self.views(phone=True, dark=False)

    def test_phoneDark(self) -> None:
        """A phone, dark."""
        self.views(phone=True, dark=True)

    def test_composer(self) -> None:
        """What is around the message field, on a dark phone: suggestions, a reply, a failed message, and the emoji."""
        room = f"#{self.name('tea')}"
        cat = self.irc(self.name("cat"))
        cat.join(room)
        page = self.enter(self.name("ann"), room, phone=True, dark=True)
        cat.send(f"PRIVMSG {room} :who wants tea?", f"MODE {room} +m")
        self.shown(page, "lets only people with a voice or more speak")
        self.say(page, "me")
        page.locator("chat-log .row.failed").wait_for()
        row = self.row(page, "who wants tea?")
        row.focus()
        row.press("Enter")
        page.get_by_role("menuitem", name="Reply").click()
        page.locator(".answered").wait_for()
        self.composer(page).fill("/kick")
        self.composer(page).press("Enter")
        page.locator("#composer-problem").filter(has_text="Usage").wait_for()
        self.composer(page).fill("a \x02bold\x02 word")
        page.locator(".preview").wait_for()
        self.judge(page, "a reply, a preview, an error and a failed message")
        self.composer(page).fill("/")
        page.get_by_role("option").first.wait_for()
        self.judge(page, "the suggestions")
        page.get_by_role("button", name="Insert an emoji").click()
        page.get_by_role("dialog").wait_for()
        self.judge(page, "the emoji")

"""The page by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import PageTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOCUSED = """
() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const { width, height } = one.getBoundingClientRect();
  return {
    body: one === document.body,
    name: one.ariaLabel || one.labels?.[0]?.textContent || one.textContent.trim(),
    region: one.closest('[data-region]')?.localName ?? '',
    visible: width > 0 && height > 0 && style.visibility === 'visible',
  };
}
"""


MISSED = """
() => [...document.querySelectorAll('button, input, textarea, select, a[href]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !('met' in one.dataset)).map((one) => one.outerHTML)
"""
"""Returns the controls on which the test has not put its mark."""


class KeyboardTests(PageTestCase):
    """Somebody without a mouse: no test here clicks, or gives an element the focus."""

    def test_conversation(self) -> None:
        """Enter, join a room, talk, go through the regions, open another conversation, and come back."""
        page = self.page()
        nick, room = self.name("ann"), f"#{self.name('tea')}"
        page.get_by_label("Your name").wait_for()
        self.reach(page, "Your name")
        page.keyboard.type(nick)
        page.keyboard.press("Enter")
        self.composer(page).wait_for()
        page.wait_for_function("() => document.activeElement.id === 'composer'")
        self.region(page, "nav")
        self.reach(page, "Room to join or create")
        page.keyboard.type(room)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=room, level=2).wait_for()
        page.wait_for_function("() => document.activeElement.id === 'composer'")
        page.keyboard.type("typed")
        page.keyboard.press("Enter")
        self.shown(page, "typed")
        self.region(page, "chat-log")
        self.assertTrue(page.evaluate("() => document.activeElement.closest('chat-log') !== null"))
        self.region(page, "nav")
        self.reach(page, "lobby", "Shift+Tab")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="#lobby", level=2).wait_for()
        page.wait_for_function("() => document.activeElement.id === 'composer'")

    def test_everyControl(self) -> None:
        """Tab comes to every control of the chat, and each has a name and is seen."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        self.assertGreater(len(page.evaluate(MISSED)), 5)
        for _ in range(3 * len(page.evaluate(MISSED))):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused["body"]:
                continue  # the end of the page, from which Tab goes on with its start
            self.assertTrue(focused["visible"], focused)
            self.assertNotEqual("", focused["name"], focused)
            page.evaluate("() => { document.activeElement.dataset.met = '' }")
        self.assertEqual([], page.evaluate(MISSED))

    def reach(self, page: Page, name: str, key: str = "Tab") -> None:
        """Press a key until a control with a name has the focus."""
        names = []
        for _ in range(60):
            focused = page.evaluate(FOCUSED)
            if name in focused["name"]:
                return
            names.append(focused["name"])
            page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {name}, but to {names}")

    def region(self, page: Page, element: str) -> None:
        """Press F6 until the focus is in a region."""
        regions = []
        for _ in range(10):
            page.keyboard.press("F6")
            regions.append(page.evaluate(FOCUSED)["region"])
            if regions[-1] == element:
                return
        raise AssertionError(f"F6 does not lead to {element}, but to {regions}")

"""The page in a wide window, on a phone and between: what is where, what covers what, and where the focus goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.web.browser import PageTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Page

SMALL = """
() => [...document.querySelectorAll('button, input, textarea, select')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('chat-log'))
  .map((element) => [element.ariaLabel || element.textContent.trim(), element.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < 44)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)
"""
"""Returns what is too small for a thumb, outside of the messages."""

OVERFLOW = """
() => [...document.querySelectorAll('*')].filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => !element.closest('.hidden, .skip, [inert]'))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))
"""
"""Returns what reaches over the right edge of the window."""

SWIPE = """
([from, to]) => {
  const target = document.querySelector('main');
  const touches = (x) => [new Touch({ identifier: 1, target, clientX: x, clientY: 400 })];
  const move = (type, more) => target.dispatchEvent(new TouchEvent(type, { bubbles: true, ...more }));
  move('touchstart', { touches: touches(from), changedTouches: touches(from) });
  move('touchend', { changedTouches: touches(to) });
}
"""
"""Moves a finger across the page."""

KEYBOARD = """
(height) => {
  const size = height ? { height } : { height: innerHeight };
  Object.defineProperty(visualViewport, 'height', { configurable: true, value: size.height });
  visualViewport.dispatchEvent(new Event('resize'));
}
"""
"""Makes as if a keyboard left so many pixels of the page in sight, without changing the window, as iOS does."""


THEME = """
() => [...document.querySelectorAll('meta[name=theme-color]')].find(({ media }) => matchMedia(media).matches).content
"""
"""Returns the colour that the browser's own parts take."""


class LooksTests(PageTestCase):
    """The layout."""

    def focused(self, page: Page) -> Any:
        """Return the text, or else the name, of what has the focus."""
        return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.ariaLabel")

    def test_drawer(self) -> None:
        """On a phone, the rooms are in a drawer. A button opens it, Escape or a room closes it; the focus follows."""
        one, two = f"#{self.name('tea')}", f"#{self.name('jam')}"
        page = self.enter(self.name("ann"), one, phone=True)
        self.assertEqual(one, self.focused(page))
        nav = page.get_by_role("navigation", name="Rooms and people")
        self.assertFalse(nav.is_visible())
        page.get_by_role("button", name="Show rooms and people").click()
        nav.wait_for()
        page.locator(".sidebar [aria-current]:focus").wait_for()
        self.assertTrue(page.locator("main").evaluate("(main) => main.inert"))
        page.keyboard.press("Escape")
        nav.wait_for(state="hidden")
        self.assertEqual("Show rooms and people", self.focused(page))
        page.get_by_role("button", name="Show rooms and people").click()
        page.get_by_label("Room to join or create").fill(two)
        page.get_by_label("Room to join or create").press("Enter")
        page.get_by_role("heading", name=two).wait_for()
        nav.wait_for(state="hidden")
        page.locator("h2:focus", has_text=two).wait_for()

    def test_swipes(self) -> None:
        """On a phone a swipe opens and closes the list of rooms, and the list of members on the other side."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}", phone=True)
        nav = page.get_by_role("navigation", name="Rooms and people")
        members = page.get_by_role("complementary")
        for way, state in (([40, 200], "visible"), ([200, 40], "hidden")):
            page.evaluate(SWIPE, way)
            nav.wait_for(state=state)
        for way, state in (([300, 100], "visible"), ([100, 300], "hidden")):
            page.evaluate(SWIPE, way)
            members.wait_for(state=state)

    def test_thumb(self) -> None:
        """On a phone, what is outside of the messages has at least 44 pixels, and nothing is wider than the window."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}", phone=True)
        self.assertEqual([], page.evaluate(SMALL))
        self.assertEqual([], page.evaluate(OVERFLOW))
        for button in ("Show rooms and people", "Show members"):
            page.get_by_role("button", name=button).click()
            page.locator(".shade").wait_for()
            page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            self.assertEqual([], page.evaluate(SMALL), button)
            self.assertEqual([], page.evaluate(OVERFLOW), button)
            page.keyboard.press("Escape")
            page.locator(".shade").wait_for(state="detached")

    def test_keyboard(self) -> None:
        """The field stays above a keyboard that covers the page, and goes back with it."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}", phone=True)
        bottom = "document.getElementById('composer').getBoundingClientRect().bottom"
        self.assertGreater(page.evaluate(bottom), 700)
        page.evaluate(KEYBOARD, 480)
        self.assertLess(page.evaluate(bottom), 480)
        page.evaluate(KEYBOARD, 0)
        self.assertGreater(page.evaluate(bottom), 700)

    def test_zoom(self) -> None:
        """At 200 % zoom and at 320 pixels, everything is in the window, and a message can be written."""
        for width, height in ((600, 375), (320, 480)):
            page = self.enter(self.name("ann"), f"#{self.name('tea')}", viewport={"width": width, "height": height})
            self.say(page, "a line " + "without" * 60)
            self.assertEqual([], page.evaluate(OVERFLOW))
            self.assertTrue(page.evaluate("document.documentElement.scrollHeight <= innerHeight"))

    def test_members(self) -> None:
        """Members who were shown beside the messages do not cover them when the window becomes narrow."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        page.get_by_role("complementary").wait_for()
        page.set_viewport_size({"width": 800, "height": 700})
        page.get_by_role("complementary").wait_for(state="hidden")
        page.get_by_role("button", name="Show members").click()
        shade = page.locator(".shade")
        shade.hover(position={"x": 300, "y": 300})
        # One sees through the shade also where the mouse is.
        shade.evaluate("() => document.getAnimations().forEach((one) => one.finish())")
        self.assertEqual("rgba(0, 0, 0, 0.45)", shade.evaluate("(shade) => getComputedStyle(shade).backgroundColor"))

    def test_empty(self) -> None:
        """A room without messages says so, until there is one."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        page.get_by_text("No messages yet").wait_for()
        self.say(page, "hello")
        page.get_by_text("No messages yet").wait_for(state="hidden")

    def test_regions(self) -> None:
        """F6 goes to the open room, not to the first button of the list, and through all regions in their order."""
        room = f"#{self.name('tea')}"
        page = self.enter(self.name("ann"), room)
        self.say(page, "hello")
        seen = []
        for _ in range(4):
            page.keyboard.press("F6")
            seen.append(page.evaluate("document.activeElement.closest('[data-region]').className.split(' ')[0]"))
            if seen[-1] == "sidebar":
                self.assertTrue(page.evaluate("document.activeElement.matches('[aria-current]')"))
        self.assertEqual(["members", "sidebar", "", "composer"], seen)

    def test_theme(self) -> None:
        """The browser's own parts have the colour of the theme: the system's, or the one that the user chose."""
        page = self.page(dark=True)
        page.get_by_label("Your name").wait_for()
        dark = page.evaluate(THEME)
        page.evaluate("localStorage.setItem('twistchat', JSON.stringify({ theme: 'light' }))")
        page.reload()
        page.get_by_label("Your name").wait_for()
        light = page.evaluate(THEME)
        self.assertEqual(["#1d2029", "#f4f5f9"], [dark, light])
        ground = "getComputedStyle(document.body).backgroundColor"
        self.assertEqual("rgb(255, 255, 255)", page.evaluate(ground))

    def test_noScript(self) -> None:
        """Without JavaScript, the page says what to do."""
        page = self.page(java_script_enabled=False)
        heading = page.get_by_role("heading", name="The chat needs JavaScript")
        box = heading.bounding_box()
        assert box is not None
        self.assertLess(box["y"] + box["height"], 750)

    def test_lost(self) -> None:
        """Without a connection a banner says so, with a button to try at once; both are in the window of a phone."""
        server = self.serve()
        page = self.enter(self.name("ann"), f"#{self.name('tea')}", phone=True)
        server.kill()
        page.get_by_role("status").filter(has_text="The connection is lost").wait_for()
        self.assertEqual([], page.evaluate(OVERFLOW))
        page.get_by_role("button", name="Try now").wait_for()
        self.assertEqual([], page.evaluate(SMALL))
        server.start()
        page.get_by_text("The connection is lost").wait_for(state="hidden")

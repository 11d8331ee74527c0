"""What is not read: counts, the read marker and its line, the title, the icon, and notifications of the desktop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.server import EXEMPT
from tests.web.test_accounts import AccountTestCase

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

DESKTOP = """(() => {
  window.away = false;
  window.notes = [];
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => (window.away ? 'hidden' : 'visible') });
  Document.prototype.hasFocus = () => !window.away;
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() { return (this.permission = 'granted'); }
    constructor(title, { body }) { window.notes.push(Object.assign(this, { title, body })); }
    close() { this.closed = true; }
  };
  window.look = (away) => {
    window.away = away;
    document.dispatchEvent(new Event('visibilitychange'));
    if (!away) window.dispatchEvent(new Event('focus'));
  };
})()"""
"""A desktop of the test: whether the user looks at the page, and the notifications that were shown."""

TITLE = """(title) => new Promise((done) => {
  const end = Date.now() + 10000;
  const look = () => (document.title !== title && Date.now() < end ? setTimeout(look, 20) : done(document.title));
  look();
})"""
"""Returns the title when it is as it should be, or after a while."""

NOTES = """(count) => new Promise((done) => {
  const texts = () => notes.map(({ title, body }) => [title, body]);
  const look = () => (notes.length < count ? setTimeout(look, 20) : done(texts()));
  look();
})"""
"""Returns the notifications that were shown, when there are so many."""


class UnreadTests(AccountTestCase):
    """Somebody looks elsewhere, and comes back."""

    def item(self, page: Page, name: str, words: str) -> Locator:
        """Return a conversation in the list, which shows a count."""
        return page.locator(".sidebar .item").filter(has_text=name.lstrip("#")).filter(has_text=words)

    def onDesktop(self) -> BrowserContext:
        """Return a browser whose desktop the test knows."""
        context = self.context()
        context.add_init_script(DESKTOP)
        return context

    def title(self, page: Page, title: str) -> None:
        """Wait until the page has a title."""
        self.assertEqual(title, page.evaluate(TITLE, title))

    def test_comesBack(self) -> None:
        """
        While one looks elsewhere, the title and the icon count, a notification comes for mentions only, and a line is
        drawn above what is new.  It stays when one is back, and the count goes.  A click leads to the message.
        """
        tea, coffee = f"#{self.name('tea')}", f"#{self.name('coffee')}"
        ann, bob = self.name("ann"), self.irc(self.name("bob"))
        bob.join(tea)
        page = self.enter(ann, tea, context=self.onDesktop())
        self.settings(page, "Chat").get_by_label("Show notifications on the desktop").click()
        page.keyboard.press("Escape")
        bob.send(f"PRIVMSG {tea} :seen, {ann}")
        self.shown(page, "seen")
        self.title(page, f"{tea} — twistchat")
        page.evaluate("look(true)")
        bob.send(f"PRIVMSG {tea} :not for you")
        self.title(page, f"• {tea} — twistchat")
        bob.send(f"PRIVMSG {tea} :{ann}, <b>come</b>", f"PRIVMSG {ann} :psst")
        self.title(page, f"(2) {tea} — twistchat")
        self.assertIn("icon-mention.svg", page.locator("link[rel=icon]").get_attribute("href") or "")
        self.item(page, tea, "1 for you").wait_for()
        self.assertEqual([[f"{bob.nick} in {tea}", f"{ann}, <b>come</b>"], [bob.nick, "psst"]], page.evaluate(NOTES, 2))
        line = page.locator("chat-log .marker + .row")
        self.assertIn("not for you", line.inner_text())
        page.evaluate("look(false)")
        self.title(page, f"(1) {tea} — twistchat")
        self.assertEqual([True, None], page.evaluate("window.notes.map((one) => one.closed ?? null)"))
        self.assertIn("not for you", line.inner_text())
        page.get_by_label("Room to join").fill(coffee)
        page.get_by_role("button", name="Join", exact=True).click()
        page.get_by_role("heading", name=coffee).wait_for()
        page.evaluate("window.notes[1].onclick()")
        page.locator("chat-log .row:focus").filter(has_text="psst").wait_for()
        self.title(page, f"{bob.nick} — twistchat")
        page.locator(".sidebar .item").filter(has_text=tea.lstrip("#")).click()
        self.shown(page, "not for you")
        self.assertEqual(0, page.locator("chat-log .marker").count())

    def test_tabsAndDevices(self) -> None:
        """
        Two tabs show one notification, and none while one of them is looked at.  What is read in one browser is read in
        another one at once.  Unread messages of before count at the entry, also those that are not loaded.
        """
        tea, coffee = f"#{self.name('tea')}", f"#{self.name('coffee')}"
        name, page = self.account(tea)
        bob = self.irc(self.name("bob"))
        bob.join(tea)
        page.get_by_label("Room to join").fill(coffee)
        page.get_by_role("button", name="Join", exact=True).click()
        page.get_by_role("heading", name=coffee).wait_for()
        bob.send(f"PRIVMSG {tea} :{name}, one", f"PRIVMSG {tea} :two")
        self.item(page, tea, "1 for you").wait_for()
        context = self.onDesktop()
        other = self.page(coffee, context=context)
        self.logIn(other, name)
        other.get_by_role("heading", name=coffee).wait_for()
        other.get_by_label("Room to join").fill(tea)
        other.get_by_role("button", name="Join", exact=True).click()
        self.shown(other, "two")
        page.locator(".sidebar .item:not(.unread)").filter(has_text=tea.lstrip("#")).wait_for()
        third = self.page(tea, context=context)
        self.shown(third, "two")
        for tab in (other, third):
            tab.evaluate("() => { Notification.permission = 'granted'; }")
        self.settings(other, "Chat").get_by_label("Show notifications on the desktop").click()
        other.keyboard.press("Escape")
        other.evaluate("look(true)")
        bob.send(f"PRIVMSG {tea} :{name}, while one tab is looked at")
        self.shown(third, "while one tab is looked at")
        self.shown(other, "while one tab is looked at")
        third.evaluate("look(true)")
        bob.send(f"PRIVMSG {tea} :{name}, while none is")
        self.shown(third, "while none is")
        self.shown(other, "while none is")
        # Each tab decides within 200 ms.  What none may show has no other sign than that time.
        other.evaluate("new Promise((done) => setTimeout(done, 500))")
        notes = [note for tab in (other, third) for note in tab.evaluate(NOTES, 0)]
        self.assertEqual([[f"{name} in {tea}".replace(name, bob.nick), f"{name}, while none is"]], notes)

    def test_fromTheStart(self) -> None:
        """
        Unread messages of before count when one enters, also those that are not loaded.  The room says how many there
        are, and leads to the first.  The answer of a command leads back to the end.
        """
        self.serve(*EXEMPT)
        tea, coffee = f"#{self.name('tea')}", f"#{self.name('coffee')}"
        name, page = self.account(tea)
        page.get_by_label("Room to join").fill(coffee)
        page.get_by_role("button", name="Join", exact=True).click()
        page.locator(".sidebar .item").nth(1).wait_for()
        page.goto("about:blank")
        bob = self.irc(self.name("bob"))
        bob.join(tea)
        for number in range(60):
            bob.send(f"PRIVMSG {tea} :{f'{name}, ' if number < 2 else ''}line {number}")
        bob.settle()
        page.goto(f"{self.server.url}{coffee}")
        self.item(page, tea, "2 for you").click()
        self.shown(page, "line 59")
        news = page.get_by_role("status").filter(has_text="60 new messages since")
        news.get_by_text("2 mention you").wait_for()
        news.get_by_role("button", name="Go to the first").press("Enter")
        page.locator("chat-log .row:focus").filter(has_text="line 0").wait_for()
        news.wait_for(state="detached")
        # An answer is at the end, and the reader is brought there.
        self.composer(page).fill("/unread")
        self.composer(page).press("Enter")
        self.row(page, "You have read everything.").wait_for()
        page.get_by_role("button", name="Jump to the newest").wait_for(state="hidden")
        self.shown(page, "line 59")

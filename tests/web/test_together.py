"""People in browsers, with an IRC client and at the line door are in one room."""

from __future__ import annotations

from tests.web.browser import PageTestCase


class TogetherTests(PageTestCase):
    """Everyone sees the same."""

    def test_talk(self) -> None:
        """Two browsers, an IRC client and a person at the line door talk.  Each sees everything, in one order."""
        room = f"#{self.name('tea')}"
        ann, bob, cat, dan = (self.name(stem) for stem in ("ann", "bob", "cat", "dan"))
        irc, line = self.irc(cat), self.line(dan)
        irc.join(room)
        line.send(f"/join {room}")
        line.until(f"* {dan} joined {room}")
        one, two = self.enter(ann, room), self.enter(bob, room)
        self.say(one, "hello from a browser")
        irc.until("hello from a browser")
        irc.send(f"PRIVMSG {room} :hello from IRC")
        for page in (one, two):
            self.shown(page, "hello from IRC")
        line.until("hello from IRC")
        line.send("hello from nc")
        for page in (one, two):
            self.shown(page, "hello from nc")
        irc.until("hello from nc")
        self.say(two, "hello, all")
        self.shown(one, "hello, all")
        line.until("hello, all")
        said = ["hello from a browser", "hello from IRC", "hello from nc", "hello, all"]
        for page in (one, two):
            shown = page.locator("chat-log .row").all_inner_texts()
            self.assertEqual(said, [text for row in shown for text in said if text in row])
        self.assertEqual(said, [entry["text"] for entry in self.server.journal(room) if "text" in entry])

"""The composer in a browser: what is written, completed, sent, refused, kept, answered and removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.web.browser import WAIT, PageTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class ComposerTestCase(PageTestCase):
    """A test of the composer."""

    def holds(self, page: Page, text: str) -> None:
        """Wait until the message field has a text."""
        page.wait_for_function("text => document.getElementById('composer')?.value === text", arg=text, timeout=WAIT)

    def problem(self, page: Page, pattern: str) -> None:
        """Wait until the page says beside the field what is wrong."""
        page.locator("#composer-problem").filter(has_text=re.compile(pattern)).wait_for()

    def type(self, page: Page, text: str) -> None:
        """Type a text into the empty field, key by key."""
        self.composer(page).fill("")
        self.composer(page).press_sequentially(text)

    def act(self, page: Page, row: Locator, action: str) -> None:
        """Choose something from the menu of a message, by keyboard."""
        row.focus()
        row.press("Enter")
        page.get_by_role("menuitem", name=action).press("Enter")

    def texts(self, page: Page) -> list[str]:
        """Return the texts of the messages in the log."""
        texts: list[str] = page.locator("chat-log .row.spoken > .body").all_inner_texts()
        return texts


class WritingTests(ComposerTestCase):
    """Lines, history, completion, drafts."""

    def test_lines(self) -> None:
        """Several lines are one message.  One with too many is refused with the number that fits, and is kept."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        field = self.composer(page)
        self.type(page, "one")
        field.press("Shift+Enter")
        field.press_sequentially("two")
        field.press("Enter")
        self.shown(page, "two")
        self.assertEqual(["one\ntwo"], self.texts(page))
        long = "\n".join(map(str, range(120)))
        field.fill(long)
        field.press("Enter")
        self.problem(page, "120 lines, and 100 fit")
        self.holds(page, long)
        field.fill("x" * 5000)
        field.press("Enter")
        self.problem(page, "the first 4096 of its 5000 characters fit")
        self.say(page, "\n".join(["y" * 450, "z" * 450]))
        row = self.row(page, "yyy")
        row.and_(page.locator(":not(.pending)")).wait_for()
        self.assertEqual("\n".join(["y" * 450, "z" * 450]), self.texts(page)[-1])

    def test_flood(self) -> None:
        """Messages that are typed faster than the server takes them are all sent, in order."""
        room = f"#{self.name('tea')}"
        irc = self.irc(self.name("cat"))
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        said = [f"line {number}" for number in range(9)]
        for text in said:
            self.composer(page).fill(text)
            self.composer(page).press("Enter")
        irc.until(":line 8")
        page.wait_for_function("() => !document.querySelector('chat-log .pending')", timeout=2 * WAIT)
        self.assertEqual(said, self.texts(page))

    def test_recall(self) -> None:
        """The arrow keys bring back what was sent, and what was being written."""
        page = self.enter(self.name("ann"), f"#{self.name('tea')}")
        field = self.composer(page)
        for text in ("one", "two\nlines"):
            self.say(page, text)
            self.holds(page, "")
        field.press("ArrowUp")
        self.holds(page, "two\nlines")
        field.press("ArrowUp")
        self.holds(page, "two\nlines")
        field.press("Home")
        field.press("ArrowUp")
        field.press("ArrowUp")
        self.holds(page, "one")
        field.press("ArrowDown")
        field.press("ArrowDown")
        self.holds(page, "")
        field.fill("unsent")
        field.press("ArrowUp")
        self.holds(page, "unsent")
        field.press("Alt+ArrowUp")
        self.holds(page, "two\nlines")
        field.press("Alt+ArrowDown")
        self.holds(page, "unsent")

    def test_completion(self) -> None:
        """Tab completes nicks, with those who spoke last first; signs open a list that the keyboard uses."""
        room = f"#{self.name('tea')}"
        first, second = self.irc(self.name("zed")), self.irc(self.name("zoe"))
        for person in (first, second):
            person.join(room)
        page = self.enter(self.name("ann"), room)
        first.send(f"PRIVMSG {room} :hello")
        self.shown(page, "hello")
        field = self.composer(page)
        self.type(page, "z")
        field.press("Tab")
        options = page.get_by_role("option")
        self.assertEqual([first.nick, second.nick], [text.strip() for text in options.all_inner_texts()])
        chosen = field.get_attribute("aria-activedescendant")
        self.assertEqual("true", page.locator(f"#{chosen}").get_attribute("aria-selected"))
        field.press("ArrowDown")
        field.press("Enter")
        self.holds(page, f"{second.nick}: ")
        field.press_sequentially(f"see {room[:3]}")
        field.press("Enter")
        self.holds(page, f"{second.nick}: see {room} ")
        field.press_sequentially(":tad")
        field.press("Escape")
        options.first.wait_for(state="detached")
        field.press_sequentially("a:")
        self.holds(page, f"{second.nick}: see {room} \N{PARTY POPPER}")
        self.type(page, "/wh")
        options.first.click()
        self.holds(page, "/whois ")
        self.type(page, "nobody")
        field.press("Tab")
        self.assertNotEqual("composer", page.evaluate("document.activeElement.id"))

    def test_drafts(self) -> None:
        """
        What is written stays with its room, also when the page is loaded again.  A guest stays in the chat then.
        Leaving the chat forgets it.
        """
        room = f"#{self.name('tea')}"
        nick = self.name("ann")
        page = self.enter(nick, room)
        self.composer(page).fill("half a thou")
        self.composer(page).dispatch_event("input")
        other = f"#{self.name('coffee')}"
        page.evaluate("room => { location.hash = room }", other)
        page.get_by_label(f"Message to {other}").wait_for()
        self.holds(page, "")
        page.evaluate("room => { location.hash = room }", room)
        self.holds(page, "half a thou")
        # After an upgrade, the server has the page's other modules under other names.
        page.route("**/ui/picker.js", lambda route: route.fulfill(status=404))
        page.get_by_role("button", name="Insert an emoji").click()
        page.get_by_role("alert").filter(has_text="The chat was updated").get_by_role("button", name="Reload").click()
        self.holds(page, "half a thou")
        page.get_by_role("button", name="Leave the chat").click()
        page.get_by_role("button", name="Enter the chat").click()
        self.composer(page).wait_for()
        self.holds(page, "")

    def test_format(self) -> None:
        """Ctrl+B makes the selected text bold, and a preview shows it."""
        room = f"#{self.name('tea')}"
        irc = self.irc(self.name("cat"))
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        field = self.composer(page)
        field.fill("very")
        field.press("Control+a")
        field.press("Control+b")
        self.assertEqual("very", page.locator(".preview .bold").inner_text())
        field.press("Enter")
        irc.until(":\x02very\x02")
        field.fill("very")
        field.press("Control+a")
        field.press("Control+i")
        field.press("Control+i")
        self.holds(page, "very")


class CommandTests(ComposerTestCase):
    """C{/commands}."""

    def do(self, page: Page, text: str) -> None:
        """Write a command, without what is suggested, and send it."""
        self.composer(page).fill(text)
        self.composer(page).press("Escape")
        self.composer(page).press("Enter")

    def test_commands(self) -> None:
        """Commands do what they say; what is wrong is said beside the field, with the input kept."""
        room = f"#{self.name('tea')}"
        irc = self.irc(self.name("cat"))
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        self.do(page, "/help")
        self.shown(page, "/whois name")
        self.do(page, "/nosuch thing")
        self.problem(page, "There is no command /nosuch")
        self.holds(page, "/nosuch thing")
        self.do(page, "/kick")
        self.problem(page, re.escape("Usage: /kick [room] name"))
        self.do(page, f"/kick {irc.nick} out")
        self.problem(page, "operator")
        self.holds(page, f"/kick {irc.nick} out")
        nick = page.locator(".sidebar footer .name").inner_text().split()[-1]
        irc.send(f"MODE {room} +o {nick}")
        page.locator("chat-log .row.mode").filter(has_text=nick).filter(has_text="an operator").wait_for(
            state="attached"
        )
        self.do(page, "/topic green tea")
        page.locator(".header .topic").filter(has_text="green tea").wait_for()
        self.do(page, "/me pours")
        irc.until("\x01ACTION pours\x01")
        self.do(page, "//not a command")
        irc.until(":/not a command")
        self.do(page, "/search pours")
        page.get_by_role("dialog").get_by_text("pours").first.wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        self.do(page, f"/whois {irc.nick}")
        self.shown(page, f"{irc.nick} is connected to")
        self.do(page, "/mode +m")
        irc.until(f"MODE {room} +m")
        self.do(page, f"/msg {irc.nick} psst")
        irc.until(":psst")
        page.get_by_label(f"Message to {irc.nick}").wait_for()
        self.do(page, "/part")
        page.get_by_label(f"Message to {room}").wait_for()
        self.do(page, "/clear")
        self.row(page, "green tea").first.wait_for(state="detached")
        self.do(page, "/part so long")
        irc.until("so long")


class SendingTests(ComposerTestCase):
    """What becomes of a message."""

    def test_refused(self) -> None:
        """A message that the server refuses stays with the reason.  It can be sent again, or deleted."""
        room = f"#{self.name('tea')}"
        irc = self.irc(self.name("cat"))
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        irc.send(f"MODE {room} +m")
        self.shown(page, "lets only people with a voice or more speak")
        for text in ("first", "second"):
            self.say(page, text)
        failed = page.locator("chat-log .row.failed")
        failed.nth(1).wait_for()
        self.assertRegex(failed.first.inner_text(), "Not sent: .+")
        failed.filter(has_text="second").get_by_role("button", name="Delete").click()
        failed.nth(1).wait_for(state="detached")
        irc.send(f"MODE {room} -m")
        self.row(page, "lets everyone speak again").first.wait_for(state="attached")
        failed.get_by_role("button", name="Try again").click()
        irc.until(":first")
        failed.wait_for(state="detached")
        self.assertEqual(["first"], self.texts(page))

    def test_disconnected(self) -> None:
        """
        What is on its way when the server dies, and what is written without a connection, is sent in order when the
        server is back: everything once.
        """
        server = self.serve()
        page = self.enter("ann", "#tea")
        early, late = [f"early {number}" for number in range(8)], ["one", "two", "three"]
        for text in early:
            self.composer(page).fill(text)
            self.composer(page).press("Enter")
        self.row(page, early[4]).and_(page.locator(":not(.pending)")).wait_for()
        server.kill()
        page.locator(".banner[data-state=waiting]").wait_for()
        for text in late:
            self.composer(page).fill(f"/me {text}")
            self.composer(page).press("Enter")
        self.row(page, "three").filter(has_text="Waiting for the connection").wait_for()
        server.start()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_function("() => !document.querySelector('chat-log .pending')", timeout=3 * WAIT)
        self.assertEqual(early + late, self.texts(page))
        journal = [entry["text"] for entry in server.journal("#tea") if "text" in entry]
        self.assertEqual(early + late, [text.strip("\x01").removeprefix("ACTION ") for text in journal])


class AnsweringTests(ComposerTestCase):
    """Replies, reactions, redaction, typing notices."""

    def test_reply(self) -> None:
        """A reply shows above the field what it answers, and Escape ends it."""
        room = f"#{self.name('tea')}"
        irc = self.irc(self.name("cat"), "message-tags")
        irc.join(room)
        page = self.enter(self.name("ann"), room)
        irc.send(f"PRIVMSG {room} :who wants tea?")
        self.shown(page, "who wants tea?")
        self.act(page, self.row(page, "who wants tea?"), "Reply")
        answered = page.locator(".answered")
        self.assertIn("who wants tea?", answered.inner_text())
        self.composer(page).press("Escape")
        answered.wait_for(state="detached")
        self.act(page, self.row(page, "who wants tea?"), "Reply")
        self.composer(page).press_sequentially("me")
        self.composer(page).press("Enter")
        irc.until(re.compile(r"\+draft/reply=\S+ .*:me\b"))
        page.locator("chat-log .row .quote").filter(has_text="who wants tea?").wait_for()
        answered.wait_for(state="detached")

    def test_reactions(self) -> None:
        """A reaction is chosen by name, shown with who has it, and taken away by a click."""
        room = f"#{self.name('tea')}"
        ann, bob = self.name("ann"), self.name("bob")
        one, two = self.enter(ann, room), self.enter(bob, room)
        self.say(one, "cake is ready")
        self.shown(two, "cake is ready")
        self.act(two, self.row(two, "cake is ready"), "Add a reaction")
        two.get_by_label("Find an emoji by name").fill("party")
        two.get_by_label("Find an emoji by name").press("Enter")
        shown = one.get_by_role("button", name=f"\N{PARTY POPPER}: 1 ({bob})")
        shown.wait_for()
        self.assertEqual("false", shown.get_attribute("aria-pressed"))
        shown.click()
        two.get_by_role("button", name=f"\N{PARTY POPPER}: 2 ({bob}, {ann})").wait_for()
        pressed = one.get_by_role("button", name="\N{PARTY POPPER}: 2", pressed=True)
        pressed.click()
        two.get_by_role("button", name=f"\N{PARTY POPPER}: 1 ({bob})").wait_for()

    def test_redaction(self) -> None:
        """One removes one's own messages after a question, and others' as an operator."""
        room = f"#{self.name('tea')}"
        one, two = self.enter(self.name("ann"), room), self.enter(self.name("bob"), room)
        for text in ("keep this", "a secret"):
            self.say(two, text)
            self.shown(one, text)
        self.act(two, self.row(two, "a secret"), "Remove message")
        two.get_by_role("button", name="Cancel").click()
        self.act(two, self.row(two, "a secret"), "Remove message")
        two.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
        for page in (one, two):
            self.shown(page, "Message removed")
            self.assertNotIn("a secret", "".join(self.texts(page)))
        self.say(one, "by ann")
        self.shown(two, "by ann")
        row = self.row(two, "by ann")
        row.focus()
        row.press("Enter")
        self.assertEqual(0, two.get_by_role("menuitem", name="Remove message").count())
        row.press("Escape")
        self.act(one, self.row(one, "keep this"), "Remove message")
        one.get_by_label("Reason").fill("off topic")
        one.get_by_label("Reason").press("Enter")
        self.shown(two, "Message removed (off topic)")

    def test_typing(self) -> None:
        """Others see who types, until the message is there; not if the user turns that off."""
        room = f"#{self.name('tea')}"
        ann, bob = self.name("ann"), self.name("bob")
        one, two = self.enter(ann, room), self.enter(bob, room)
        self.composer(one).press_sequentially("hel")
        typing = two.locator(".typing").filter(has_text=f"{ann} is typing")
        typing.wait_for()
        self.composer(one).press("Enter")
        self.shown(two, "hel")
        typing.wait_for(state="detached")
        one.evaluate(
            "localStorage.twistchat = JSON.stringify({ ...JSON.parse(localStorage.twistchat), typing: false })"
        )
        one.reload()
        self.say(one, "quiet")
        self.composer(one).press_sequentially("x")
        self.say(one, "now")
        self.shown(two, "now")
        self.assertEqual("", two.locator(".typing").inner_text())

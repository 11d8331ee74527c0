"""The page when its server is killed, and started again."""

from __future__ import annotations

from tests.web.browser import PageTestCase


class RestartTests(PageTestCase):
    """Nothing is lost, and nothing is there twice."""

    def test_kill(self) -> None:
        """
        Two browsers say that the connection is lost, come back by themselves, and show each line of the journal once:
        those before, those from the time when they were away, and those after it.
        """
        server = self.serve()
        one, two = self.enter("ann", "#tea"), self.enter("bob", "#tea")
        cat = self.irc("cat")
        cat.join("#tea")
        self.say(one, "before, from a browser")
        cat.send("PRIVMSG #tea :before, from IRC")
        self.shown(two, "before, from IRC")
        server.kill()
        for page in (one, two):
            page.get_by_role("status").filter(has_text="The connection is lost").wait_for()
        # While the server is away, a browser cannot come back before the client that speaks meanwhile.
        for page in (one, two):
            page.context.set_offline(True)
        server.start()
        cat = self.irc("cat")
        cat.join("#tea")
        cat.send(*[f"PRIVMSG #tea :meanwhile, {number}" for number in range(4)])
        cat.settle()
        for page in (one, two):
            page.context.set_offline(False)
        for page in (one, two):
            self.shown(page, "meanwhile, 3")
            page.locator(".banner[data-state=online]").wait_for(state="attached")
        self.say(two, "after, from a browser")
        cat.send("PRIVMSG #tea :after, from IRC")
        for page in (one, two):
            self.shown(page, "after, from a browser")
            self.shown(page, "after, from IRC")
        said = [entry["msgid"] for entry in server.journal("#tea") if entry["event"] == "said"]
        self.assertEqual(8, len(said))
        for page in (one, two):
            self.assertEqual(said, self.ids(page))
        server.stop()

    def test_killedWhileTalking(self) -> None:
        """What was being sent when the server died is shown as said if, and only if, the journal has it."""
        server = self.serve()
        page = self.enter("ann", "#tea")
        self.say(page, "first")
        composer = self.composer(page)
        for number in range(5):
            composer.fill(f"in flight {number}")
            composer.press("Enter")
        server.kill()
        page.get_by_role("status").filter(has_text="The connection is lost").wait_for()
        server.start()
        page.locator(".banner[data-state=online]").wait_for(state="attached")
        bob = self.irc("bob")
        bob.join("#tea")
        bob.send("PRIVMSG #tea :last")
        self.shown(page, "last")
        page.wait_for_function("() => !document.querySelector('chat-log .pending')")
        said = [entry["msgid"] for entry in server.journal("#tea") if entry["event"] == "said"]
        shown = page.locator("chat-log .row.spoken:not(.failed)").evaluate_all(
            "rows => rows.map(row => row.dataset.msgid)"
        )
        self.assertEqual(said, shown)

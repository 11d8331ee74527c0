"""What people do with rooms at the page: find, create, join and leave them; see who is there; and operate them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.web.browser import PageTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocketRoute

SLOW = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: 'longtask' });
}"""
"""Measures the longest task of a page, in milliseconds."""


class RoomsTestCase(PageTestCase):
    """A test with dialogs and lists of members."""

    def dialog(self, page: Page) -> Locator:
        """Return the topmost dialog."""
        return page.locator("dialog[open]").last

    def about(self, page: Page, room: str, tab: str = "About") -> Locator:
        """Open the dialog of a room, and return it."""
        page.get_by_role("button", name=f"About {room}").click()
        dialog = self.dialog(page)
        dialog.get_by_role("tab", name=tab).click()
        return dialog

    def card(self, page: Page, nick: str) -> Locator:
        """Open the profile of a member, when it is loaded, and return it."""
        page.locator(".members").get_by_role("button", name=nick).click()
        dialog = self.dialog(page)
        dialog.locator(".facts").wait_for()
        return dialog

    def closed(self, page: Page) -> None:
        """Close the topmost dialog with Escape, and wait until it is gone."""
        before = page.locator("dialog").count()
        page.keyboard.press("Escape")
        page.wait_for_function("count => document.querySelectorAll('dialog').length === count", arg=before - 1)


class FindingTests(RoomsTestCase):
    """The list of rooms, and new rooms."""

    def test_find(self) -> None:
        """The list shows rooms with topics and counts.  A filter finds one by its topic, to be joined there."""
        cat, room = self.irc(self.name("cat")), f"#{self.name('den')}"
        cat.join(room)
        topic = self.name("purring and catnip")
        cat.send(f"TOPIC {room} :{topic}")
        cat.settle()
        page = self.enter(self.name("ann"))
        page.get_by_role("button", name="Find rooms").click()
        dialog = self.dialog(page)
        dialog.get_by_label("Filter by name or topic").fill(topic.upper())
        dialog.get_by_text(re.compile(r"Rooms that match: 1 of \d+")).wait_for()
        self.assertIn("1 member", dialog.locator(".roomRow").inner_text())
        dialog.get_by_role("button", name=f"Join {room}").click()
        page.get_by_role("heading", name=room).wait_for()
        page.locator("#composer:focus").wait_for()
        self.assertEqual(0, page.locator("dialog").count())

    def test_create(self) -> None:
        """A name is checked here and by the server, beside the field.  The new room has its topic and its lock."""
        cat, taken = self.irc(self.name("cat")), f"#{self.name('pea')}"
        cat.join(taken)
        page = self.enter(self.name("ann"))
        page.get_by_role("button", name="Create a room").click()
        dialog = self.dialog(page)
        name, create = dialog.get_by_label("Name"), dialog.get_by_role("button", name="Create")
        name.fill("two words")
        create.click()
        dialog.get_by_text("A name has no spaces and no commas.").wait_for()
        name.fill(taken[1:].replace("e", "\u0435"))
        create.click()
        dialog.get_by_text(f"This name looks like {taken}").wait_for()
        room = self.name("new")
        name.fill(room)
        dialog.get_by_label("Topic").fill("All new here")
        dialog.get_by_label("Only those who are invited").check()
        create.click()
        page.get_by_role("heading", name=f"#{room}").wait_for()
        page.locator(".header .topic", has_text="All new here").wait_for()
        cat.send(f"JOIN #{room}")
        cat.until(f" 473 {cat.nick} #{room} ")

    def test_existing(self) -> None:
        """Who creates a room that is there joins it, is told so, and changes nothing."""
        cat, room = self.irc(self.name("cat")), f"#{self.name('old')}"
        cat.join(room)
        page = self.enter(self.name("ann"))
        page.get_by_role("button", name="Create a room").click()
        dialog = self.dialog(page)
        dialog.get_by_label("Name").fill(room)
        dialog.get_by_label("Topic").fill("Mine now")
        dialog.get_by_role("button", name="Create").click()
        dialog.get_by_text(f"{room} was there already").wait_for()
        cat.settle()
        self.assertNotIn("Mine now", cat.text)

    def test_register(self) -> None:
        """
        An account creates a room and registers it.  Another account gets a rank there for good.  The founder is asked
        before they leave.
        """
        ann, room = self.name("ann"), self.name("own")
        self.serve()  # an address may register few accounts
        founder, bob = self.irc(ann), self.irc(self.name("bob"))
        for person in (founder, bob):
            person.send("NS REGISTER Wq7-mapletree")
            person.until(re.compile(r"NickServ.* NOTICE .*registered"))
        founder.send("QUIT")
        page = self.page()
        page.get_by_role("button", name="Log in with an account").click()
        page.get_by_label("Account").fill(ann)
        page.get_by_label("Password").fill("Wq7-mapletree")
        page.get_by_role("button", name="Log in", exact=True).click()
        self.composer(page).wait_for()
        page.get_by_role("button", name="Create a room").click()
        dialog = self.dialog(page)
        dialog.get_by_label("Name").fill(room)
        dialog.get_by_role("button", name="Create").click()
        page.locator("#composer:focus").wait_for()
        self.assertEqual(0, page.locator("dialog").count())
        bob.join(f"#{room}")
        card = self.card(page, bob.nick)
        card.get_by_label("For good").wait_for()
        card.get_by_role("button", name="Operator", exact=True).click()
        card.get_by_text(f"{bob.nick} has this rank for good: Operator.").wait_for()
        self.closed(page)
        bob.until(f" MODE #{room} +o {bob.nick}")
        bob.send(f"PART #{room}", f"JOIN #{room}")
        bob.until(f" MODE #{room} +o {bob.nick}")
        self.shown(page, "an operator")
        page.locator("chat-log .fold", has_text="came and went").wait_for()
        self.assertEqual(0, page.locator("chat-log .row:visible", has_text="is an operator").count())
        dialog = self.about(page, f"#{room}")
        dialog.locator(".facts div", has_text="Founder").get_by_text(ann).first.wait_for()
        self.assertEqual(0, page.get_by_text("ChanServ", exact=True).count())
        dialog.get_by_role("button", name=f"Leave #{room}").click()
        self.dialog(page).get_by_text("You are the founder.").wait_for()
        self.closed(page)
        self.dialog(page).get_by_role("button", name=f"Leave #{room}").click()
        page.locator("dialog.small").get_by_role("button", name="Leave", exact=True).click()
        page.get_by_role("button", name=room, exact=True).wait_for(state="detached")
        self.assertTrue(page.url.endswith("#lobby"))
        # Whoever has left all rooms is in none after a reload.
        self.composer(page).fill("/part")
        self.composer(page).press("Enter")
        page.get_by_role("heading", name="Where to?").wait_for()
        self.assertNotIn("#", page.url)
        page.reload()
        page.get_by_role("heading", name="Where to?").wait_for()


class MembersTests(RoomsTestCase):
    """The list of members, their profiles, and what operators do with them."""

    def test_list(self) -> None:
        """Members stand under the headings of their ranks, and those who are away are called so."""
        room = f"#{self.name('tea')}"
        page = self.enter(self.name("ann"), room)
        cat, dan = self.irc(self.name("cat")), self.irc(self.name("dan"))
        cat.join(room)
        dan.join(room)
        dan.send("AWAY :lunch")
        members = page.locator(".members")
        members.get_by_role("heading", name="Operators: 1").wait_for()
        members.get_by_role("heading", name="Members: 2").wait_for()
        members.locator(".item", has_text=dan.nick).get_by_text("away", exact=True).wait_for()
        card = self.card(page, dan.nick)
        card.get_by_text("Away: lunch").wait_for()
        card.get_by_role("button", name=room).wait_for()

    def test_ranks(self) -> None:
        """An operator gives and takes ranks.  Somebody without a rank sees them, and no buttons."""
        room = f"#{self.name('tea')}"
        ann, bob = self.name("ann"), self.name("bob")
        page, other = self.enter(ann, room), self.enter(bob, room)
        card = self.card(other, ann)
        card.get_by_text("Operator", exact=True).wait_for()
        self.assertEqual(0, card.get_by_role("button", name="Voice").count())
        self.closed(other)
        card = self.card(page, bob)
        voice = card.get_by_role("button", name="Voice", exact=True)
        voice.click()
        card.locator("[aria-pressed=true]", has_text="Voice").wait_for()
        other.locator(".members").get_by_role("heading", name="Voices: 1").wait_for()
        voice.click()
        for one in (page, other):
            # The modal dialog hides the list from roles.
            one.locator(".members h3", has_text="Voices: 1").wait_for(state="detached")
        self.closed(page)
        page.locator(".members .item:focus", has_text=bob).wait_for()

    def test_kick(self) -> None:
        """A member is removed with a reason, reads it, and joins again.  A ban keeps them out until it is lifted."""
        room = f"#{self.name('tea')}"
        ann, bob = self.name("ann"), self.name("bob")
        page, other = self.enter(ann, room), self.enter(bob, room)
        self.card(page, bob).get_by_role("button", name="Remove from the room").click()
        ask = page.locator("dialog.small:has(.buttons)")
        ask.get_by_label("Reason").fill("that is enough")
        ask.get_by_role("button", name="Remove", exact=True).click()
        other.get_by_text(f"{ann} removed you from this room: that is enough").wait_for()
        other.locator(".members").wait_for(state="detached")
        self.closed(page)
        other.get_by_role("button", name=f"Join {room}").click()
        self.composer(other).wait_for()
        self.card(page, bob).get_by_role("button", name="Ban…").click()
        ask = page.locator("dialog.small:has(.buttons)")
        self.assertTrue(ask.get_by_label(f"The nick {bob}").is_checked())
        ask.get_by_text(f"(also matches {ann})").wait_for()
        ask.get_by_role("button", name="Ban", exact=True).click()
        other.get_by_role("button", name=f"Join {room}").click()
        other.get_by_text("You are banned from this room.").wait_for()
        self.closed(page)
        bans = self.about(page, room, "Bans")
        bans.get_by_text(f"The nick {bob}").wait_for()
        bans.get_by_role("button", name=f"Lift: {bob}!*@*").click()
        bans.get_by_text(f"The nick {bob}").wait_for(state="detached")
        other.get_by_role("button", name=f"Join {room}").click()
        self.composer(other).wait_for()

    def test_silence(self) -> None:
        """Somebody who is silenced stays in the room and cannot speak."""
        room = f"#{self.name('tea')}"
        page, cat = self.enter(self.name("ann"), room), self.irc(self.name("cat"))
        cat.join(room)
        self.card(page, cat.nick).get_by_role("button", name="Silence…").click()
        ask = page.locator("dialog.small:has(.buttons)")
        ask.get_by_label(f"The nick {cat.nick}").check()
        ask.get_by_role("button", name="Silence", exact=True).click()
        cat.until(f"MODE {room} +b ~m:{cat.nick}!*@*")
        cat.send(f"PRIVMSG {room} :hello?")
        cat.until(f" 404 {cat.nick} {room} ")

    def test_ignore(self) -> None:
        """Texts of somebody who is ignored are not shown, until they are not ignored any more."""
        room = f"#{self.name('tea')}"
        page, cat = self.enter(self.name("ann"), room), self.irc(self.name("cat"))
        cat.join(room)
        self.card(page, cat.nick).get_by_role("button", name="Ignore", exact=True).click()
        self.dialog(page).get_by_text(f"You ignore {cat.nick}").wait_for()
        cat.send(f"PRIVMSG {room} :the first")
        cat.settle()
        self.closed(page)
        self.say(page, "did I miss something?")
        self.assertEqual(0, self.row(page, "the first").count())
        self.card(page, cat.nick).get_by_role("button", name="Do not ignore").click()
        cat.send(f"PRIVMSG {room} :the second")
        self.shown(page, "the second")

    def test_many(self) -> None:
        """5,000 members are counted, a part of them is shown, the filter finds one, and no task takes long."""
        nicks = [f"member{number:04}" for number in range(4998)]

        def crowd(route: WebSocketRoute) -> None:
            """Let 4,998 more people be in the room, as far as the page can tell."""
            server = route.connect_to_server()

            def pass_(text: str | bytes) -> None:
                if isinstance(text, str) and " 366 " in text and room in text:
                    tag = re.match(r"@batch=\S+ ", text)
                    for start in range(0, len(nicks), 40):
                        names = " ".join(f"{nick}!~m@host" for nick in nicks[start : start + 40])
                        route.send(f"{tag[0] if tag else ''}:s 353 {ann} = {room} :{names}")
                route.send(text)

            server.on_message(pass_)
            sockets.append(route)

        sockets: list[WebSocketRoute] = []
        ann, room = self.name("ann"), f"#{self.name('crowd')}"
        context = self.context()
        context.route_web_socket("**/socket", crowd)
        page = self.enter(ann, room, context=context)
        members = page.locator(".members")
        members.get_by_role("heading", name="Members: 4998").wait_for()
        self.assertEqual(101, members.locator(".item").count())
        members.get_by_role("button", name="Show more (4898)").click()
        members.locator(".item").nth(200).wait_for()
        members.get_by_label("Find a member").fill("BER4321")
        members.get_by_role("heading", name="Members: 1").wait_for()
        self.assertEqual("member4321", members.locator(".item .name").inner_text())
        members.get_by_label("Find a member").fill("")
        members.get_by_role("heading", name="Members: 4998").wait_for()
        page.evaluate(SLOW)
        for number in range(100):
            sockets[0].send(f":new{number:04}!~n@host JOIN {room} * :New")
        members.get_by_role("heading", name="Members: 5098").wait_for()
        longest = page.evaluate("window.longest")
        self.assertLess(longest, 500, "milliseconds, on a machine that does much else")


class OperatingTests(RoomsTestCase):
    """The dialog of a room."""

    def test_topic(self) -> None:
        """An operator sets the topic.  One without a rank reads why they cannot."""
        room = f"#{self.name('tea')}"
        page, other = self.enter(self.name("ann"), room), self.enter(self.name("bob"), room)
        dialog = self.about(page, room)
        dialog.get_by_label("Topic").fill("Green\nand black")
        dialog.get_by_role("button", name="Save the topic").click()
        dialog.get_by_text("The topic is set.").wait_for()
        other.locator(".header .topic", has_text="Green and black").wait_for()
        dialog = self.about(other, room)
        dialog.get_by_text("Only operators set the topic here.").wait_for()
        self.assertEqual(0, dialog.get_by_label("Topic").count())
        dialog.get_by_role("tab", name="Settings").click()
        dialog.get_by_text("You can look at this.").wait_for()
        self.assertTrue(dialog.get_by_role("switch", name="Moderated").is_disabled())

    def test_modes(self) -> None:
        """Switches set and lift modes.  A wrong value is refused beside its field, in the server's words."""
        room = f"#{self.name('tea')}"
        page, cat = self.enter(self.name("ann"), room), self.irc(self.name("cat"))
        cat.join(room)
        dialog = self.about(page, room, "Settings")
        moderated = dialog.get_by_role("switch", name="Moderated")
        moderated.click()
        cat.until(f"MODE {room} +m")
        dialog.get_by_role("switch", name="Moderated", checked=True).wait_for()
        moderated.click()
        cat.until(f"MODE {room} -m")
        limit = dialog.locator(".roomMode", has_text="takes no more members")
        limit.get_by_label("Limit: value").fill("many")
        limit.get_by_role("button", name="Set").click()
        limit.get_by_text("a number from 1 to 1000000 is wanted").wait_for()
        limit.get_by_label("Limit: value").fill("7")
        limit.get_by_role("button", name="Set").click()
        cat.until(f"MODE {room} +l 7")
        limit.get_by_role("button", name="Lift").click()
        cat.until(f"MODE {room} -l")
        dialog.get_by_text("More", exact=True).click()
        dialog.get_by_role("switch", name="No colours").click()
        cat.until(f"MODE {room} +c")

    def test_rename(self) -> None:
        """A room that is renamed keeps its conversation, here and at another page, and its place in the address."""
        room, to = f"#{self.name('tea')}", f"#{self.name('coffee')}"
        page, other = self.enter(self.name("ann"), room), self.enter(self.name("bob"), room)
        self.say(page, "before the change")
        dialog = self.about(page, room, "Settings")
        dialog.get_by_label("New name").fill(to)
        dialog.get_by_role("button", name="Rename").click()
        page.locator("dialog.small").get_by_role("button", name="Rename").click()
        for one in (page, other):
            one.locator(".header").get_by_role("heading", name=to).wait_for()
            self.shown(one, "before the change")
        self.closed(page)
        self.say(page, "after the change")
        self.shown(other, "after the change")

    def test_invite(self) -> None:
        """An invitation is shown with its sender, and leads into a room that lets nobody else in."""
        room, bob = f"#{self.name('tea')}", self.name("bob")
        page, other = self.enter(self.name("ann"), room), self.enter(bob)
        self.about(page, room, "Settings").get_by_role("switch", name="Invitation only").click()
        dialog = self.dialog(page)
        dialog.get_by_role("switch", name="Invitation only", checked=True).wait_for()
        other.get_by_label("Room to join or create").fill(room)
        other.keyboard.press("Enter")
        other.get_by_text("Cannot join channel (+i)").wait_for()
        dialog.get_by_role("tab", name="About").click()
        nick = dialog.get_by_label("Nick of the person")
        nick.fill(self.name("nobody"))
        dialog.get_by_role("button", name="Invite").click()
        dialog.get_by_text("No such nick").wait_for()
        nick.fill(bob)
        dialog.get_by_role("button", name="Invite").click()
        dialog.get_by_text(f"{bob} is invited to {room}.").wait_for()
        other.locator(".invitations").get_by_role("button", name=f"Join {room}").click()
        other.locator(".header").get_by_role("heading", name=room).wait_for()
        self.assertEqual(0, other.locator(".invitations li").count())

    def test_address(self) -> None:
        """A room in the address that lets nobody in says why.  With its key one comes in."""
        room = f"#{self.name('key')}"
        cat = self.irc(self.name("cat"))
        cat.join(room)
        cat.send(f"MODE {room} +k sesame")
        cat.settle()
        page = self.page(room)
        page.get_by_label("Your name").fill(self.name("ann"))
        page.get_by_role("button", name="Enter the chat").click()
        page.get_by_text("Only those who know the key come in.").wait_for()
        page.get_by_role("textbox", name="Key").fill("wrong")
        page.get_by_role("button", name=f"Join {room}").click()
        page.get_by_role("textbox", name="Key").fill("sesame")
        page.get_by_role("button", name=f"Join {room}").click()
        self.composer(page).wait_for()

    def test_own(self) -> None:
        """A muted room does not count new messages, and a favourite stands first.  Both outlive the page."""
        room, other = f"#{self.name('zoo')}", f"#{self.name('air')}"
        cat = self.irc(self.name("cat"))
        page = self.enter(self.name("ann"), room)
        cat.join(room)
        dialog = self.about(page, room)
        dialog.get_by_label("Favourite").check()
        dialog.get_by_label("Mute").check()
        self.closed(page)
        page.get_by_label("Room to join or create").fill(other)
        page.keyboard.press("Enter")
        page.locator(".header").get_by_role("heading", name=other).wait_for()
        cat.send(f"PRIVMSG {room} :does this count?")
        cat.settle()
        page.reload()
        lists = page.get_by_role("navigation").locator("section")
        favourites = lists.filter(has=page.get_by_role("heading", name="Favourites"))
        favourites.get_by_role("button", name=room[1:]).wait_for()
        self.assertEqual(0, favourites.locator(".count").count())
        self.assertEqual(1, favourites.get_by_text("muted").count())
        self.assertIn("Favourites", lists.first.inner_text())


class PresenceTests(RoomsTestCase):
    """Private conversations."""

    def test_presence(self) -> None:
        """A private conversation says whether the other one is here, away or gone, and keeps up with a new nick."""
        room = f"#{self.name('tea')}"
        page, cat = self.enter(self.name("ann"), room), self.irc(self.name("cat"))
        cat.send("AWAY :asleep")
        cat.join(room)
        self.card(page, cat.nick).get_by_role("button", name="Message").click()
        topic = page.locator(".header .topic")
        topic.get_by_text("Away: asleep").wait_for()
        page.locator("#composer:focus").wait_for()
        page.get_by_text("You are a guest: this conversation is not kept.").wait_for()
        cat.send("AWAY")
        topic.get_by_text("Here").wait_for()
        renamed = self.name("tom")
        cat.send(f"NICK {renamed}")
        page.locator(".header").get_by_role("heading", name=renamed).wait_for()
        cat.send("QUIT :bye")
        topic.get_by_text("Not here").wait_for()
        self.irc(renamed)
        topic.get_by_text("Here").wait_for()

"""Tests of L{twistchat.chat.errors}: every error has a unique code and a text."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat import errors
from twistchat.testing.samples import errorClasses, exampleError


class ErrorTests(SynchronousTestCase):
    """Codes and texts."""

    def test_codes(self) -> None:
        """No two errors have the same code, and each code has the form of a standard reply's."""
        codes = [error.code for error in errorClasses()]
        self.assertEqual(len({*codes, errors.ChatError.code}), len(codes) + 1)
        for code in codes:
            self.assertRegex(code, r"^[A-Z]+(_[A-Z]+)*$")

    def test_texts(self) -> None:
        """Each text is one sentence without a full stop, with all its fields filled in."""
        for error in errorClasses():
            text = exampleError(error).text
            self.assertRegex(text, r"^[A-Zx#][^{}\n]+[^.]$", error)

    def test_facts(self) -> None:
        """A text names the subject of its error."""
        self.assertEqual(errors.NoSuchRoom("#tea").text, "There is no room #tea")
        self.assertEqual(errors.NickInUse("bob", "bob").text, "The nick bob is in use")
        self.assertEqual(errors.NickInUse("b0b", "bob").text, "The nick b0b looks like bob, which is in use")
        self.assertEqual(errors.BadKey("#tea", False).text, "#tea needs a key")
        self.assertEqual(errors.TooManyRooms(1).text, "You are in 1 room, and can be in no more")
        self.assertEqual(errors.TooFast("join rooms", 2.1).text, "You join rooms too fast; try again in 3 s")
        self.assertEqual(errors.BadText("the topic", "\n").text, "The topic has U+000A in it")
        self.assertEqual(
            errors.Forwarded("#a", "#b", errors.InviteOnly("#a")).text,
            "Only those who were invited come into #a.  You may join #b instead",
        )

    def test_unusual(self) -> None:
        """A user's input is shown unchanged."""
        self.assertEqual(errors.NoSuchRoom("#{room}").text, "There is no room #{room}")

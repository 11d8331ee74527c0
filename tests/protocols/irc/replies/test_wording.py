"""Tests of the wording of the chat's errors in IRC."""

from __future__ import annotations

import dataclasses

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat import errors
from twistchat.protocols.irc.replies.wording import COMMAND_WORDINGS, WORDINGS, describeError, wordError
from twistchat.testing.samples import errorClasses, exampleError
from twistchat.wire.irc.message import serialize

HOSTILE = " :a b\r\n\0\x1b\u0085\u2028\u202e" + "x" * 600


class WordingTests(SynchronousTestCase):
    """L{wordError}."""

    def test_every(self) -> None:
        """Every error has a wording that can be serialized, and ends with a text for people."""
        self.assertEqual(set(WORDINGS), set(errorClasses()))
        for error in errorClasses():
            for command in ("PRIVMSG", "JOIN", "NICK", "MODE"):
                code, *parameters = wordError(exampleError(error), command, "#tea")
                line = serialize(code, parameters, "twistchat")
                self.assertRegex(code, r"^(\d{3}|FAIL)$")
                self.assertTrue(parameters[-1], line)
                self.assertIn(" :", line.decode(), error)

    def test_channels(self) -> None:
        """IRC calls a room a channel, also in the texts that stand alone, as those of the services."""
        for error in errorClasses():
            example = exampleError(error, what="rooms") if error is errors.TooManyOf else exampleError(error)
            texts = [describeError(example), wordError(example, "JOIN", "#tea")[-1]]
            self.assertNotRegex("".join(texts), r"\brooms?\b", error)

    def test_context(self) -> None:
        """For any context there is a valid line, with space for a nick and the server's name."""
        for error in errorClasses():
            given = {"nick": HOSTILE, "room": HOSTILE, "mask": HOSTILE, "target": HOSTILE, "msgid": HOSTILE}
            own = {field.name for field in dataclasses.fields(error)}  # type: ignore[arg-type]  # as above
            raw = RAW.get(error, set())
            problem = exampleError(error, **{name: value for name, value in given.items() if name in own & raw})
            for other in wordError(problem, "JOIN", HOSTILE)[1:-1]:
                self.assertLess(len(other.encode()), 260)
                self.assertFalse(set(other) & set(" \r\n\0"), error)

    def test_unknown(self) -> None:
        """An error without a wording, for example of a plugin, becomes a standard reply with its code and text."""

        class Closed(errors.ChatError):
            code = "CLOSED"
            wording = "The room is closed"

        self.assertEqual(wordError(Closed(), "JOIN", "#tea"), ("FAIL", "CLOSED", "The room is closed"))

    def test_elsewhere(self) -> None:
        """An error with a wording for one command has another wording for other commands."""
        for error, command in COMMAND_WORDINGS:
            self.assertIn(error, WORDINGS)
            self.assertNotEqual(
                wordError(exampleError(error), command, "#tea"), wordError(exampleError(error), "WHO", "#tea")
            )


RAW: dict[type[errors.ChatError], set[str]] = {
    errors.BadNick: {"nick"},
    errors.NoSuchNick: {"nick"},
    errors.BadRoomName: {"room"},
    errors.NoSuchRoom: {"room"},
    errors.TargetNotInRoom: {"nick"},
    errors.BadServerBan: {"mask"},
    errors.NoSuchServerBan: {"mask"},
    errors.NoSuchText: {"target", "msgid"},
    errors.NotYours: {"msgid"},
}
"""The fields that contain a client's text unchanged."""

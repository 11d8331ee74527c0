"""Tests of L{twistchat.wire.irc.views}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.capabilities import CAPABILITIES, METADATA
from twistchat.wire.irc.views import View, relevant


class RelevantTests(SynchronousTestCase):
    """The capabilities that affect the bytes in a view."""

    def test_views(self) -> None:
        """Each view has its own.  Capabilities that change no bytes are left out."""
        self.assertEqual(relevant(["echo-message", "setname", "x/y"], View.ROOM), {"setname"})
        self.assertEqual(relevant([], View.WATCHED), set())
        self.assertEqual(relevant(CAPABILITIES, View.NOTICES), {"server-time"})

    def test_metadata(self) -> None:
        """Metadata does not divide the audience of a room."""
        self.assertEqual(relevant([*METADATA, "batch"], View.ROOM), set())
        for name in METADATA:
            self.assertEqual(relevant([name, "batch"], View.SELF), {name})
            self.assertEqual(relevant([name, "batch"], View.WATCHED), {"draft/metadata-3"})

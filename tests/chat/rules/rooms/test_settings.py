"""Tests of L{twistchat.chat.rules.rooms.settings}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done
from twistchat.chat.errors import BadSetting
from twistchat.chat.model.rooms import SETTINGS
from twistchat.chat.rules.rooms.settings import CHOICES, checkSetting, describeApplying, describeChoices


class SettingsTests(SynchronousTestCase):
    """Settings that apply in every room."""

    def test_values(self) -> None:
        """A value has a normal form, and a word removes the setting."""
        self.assertLessEqual(set(CHOICES), set(SETTINGS))
        for setting, value, normal in (
            ("history", "JOINED", "joined"),
            ("history", "default", None),
            ("retention", "None", None),
            ("retention", "24h", "1d"),
        ):
            self.assertEqual(checkSetting(setting, value, 86400), normal)
        self.assertRaises(BadSetting, checkSetting, "retention", "25h", 86400)
        error = self.assertRaises(BadSetting, checkSetting, "history", "nobody", 0)
        self.assertIn("use joined, members, accounts, everyone", error.text)

    def test_described(self) -> None:
        """What applies is a sentence, with or without the setting."""
        for setting, value, text in (
            ("history", None, "The members can read #a from the beginning"),
            ("history", "joined", "The members can read #a from the time when they joined"),
            ("history", "accounts", "All who are logged in to an account can read #a"),
            ("history", "everyone", "Everyone can read #a"),
            ("retention", None, "The server keeps what is said in #a as long as in other rooms"),
            ("retention", "7d", "The server keeps what is said in #a for 7d"),
            ("retention", "forever", "The server keeps what is said in #a forever"),
        ):
            self.assertEqual(describeApplying("#a", setting, {} if value is None else {setting: value}), text)
        self.assertEqual(
            describeChoices("history"),
            "The values of history are: joined, members, accounts, everyone; default is members",
        )

    def test_removed(self) -> None:
        """The word removes the setting of a room."""
        scene = Scene()
        scene.found("#den", "Ann")
        ann = scene.person("ann", account="Ann")
        for value, settings in (("joined", {"history": "joined"}), ("default", {})):
            done(scene.chat.ownership.setSetting(ann.session, "#den", "history", value))
            self.assertEqual(scene.room("#den").settings, settings)

"""Tests of L{twistchat.importing.slack.mrkdwn}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.slack.mrkdwn import Names

NAMES = Names({"U1": "alice"}, {"C1": "general"})


class PlainTests(SynchronousTestCase):
    """Texts of messages."""

    def test_texts(self) -> None:
        """Mentions, links and entities become plain text."""
        for text, plain in {
            "no markup": "no markup",
            "<@U1> <@U1|old> <@U9> <@U9|bob>": "@alice @alice @U9 @bob",
            "<#C1> <#C1|old> <#C9|news> <#C9>": "#general #general #news #C9",
            "<!here> <!channel|@channel> <!everyone>": "@here @channel @everyone",
            "<!subteam^S1> <!subteam^S1|@devs>": "@S1 @devs",
            "<!date^0^{date}|then> <!date^86400^{date}>": "then 1970-01-02 00:00 UTC",
            "<!date^x^{date}> <!date^999999999999999^{date}>": "x 999999999999999",
            "<https://a.example/>": "https://a.example/",
            "<https://a.example/|a.example>": "https://a.example/",
            "<https://a.example/?x=1&amp;y=2|page>": "page (https://a.example/?x=1&y=2)",
            "<mailto:a@a.example|a@a.example> <mailto:a@a.example|Al>": "a@a.example Al (mailto:a@a.example)",
            "&lt;@U1&gt; &amp;lt; *bold*": "<@U1> &lt; *bold*",
            "<> < <|x>": " < x",
            ":tada: `:tada:`": "🎉 `:tada:`",
        }.items():
            self.assertEqual(plain, NAMES.plain(text), text)

    def test_linear(self) -> None:
        """A long text of brackets takes no long time."""
        text = "<" * 200_000
        self.assertEqual(text, NAMES.plain(text))

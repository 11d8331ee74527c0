"""Tests of L{twistchat.importing.slack.blocks}."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.reading.fields import Fields, Malformed
from twistchat.importing.slack.blocks import plainAttachments, plainBlocks
from twistchat.importing.slack.mrkdwn import Names

NAMES = Names({"U1": "alice"}, {"C1": "general"})


def text(content: str) -> dict[str, Any]:
    """Make an element of rich text."""
    return {"type": "text", "text": content}


def rich(kind: str, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a part of rich text."""
    return {"type": f"rich_text_{kind}", "elements": list(elements)} | more


class BlockTests(SynchronousTestCase):
    """Blocks as plain text."""

    def assertPlain(self, plain: str, *blocks: dict[str, Any]) -> None:
        """Assert what blocks become."""
        self.assertEqual(plain, plainBlocks([Fields(block) for block in blocks], NAMES))

    def test_elements(self) -> None:
        """Each element of rich text has its text."""
        elements = [
            text("a & b "),
            {"type": "user", "user_id": "U1"},
            {"type": "channel", "channel_id": "C1"},
            {"type": "usergroup", "usergroup_id": "S1"},
            {"type": "broadcast", "range": "here"},
            {"type": "emoji", "name": "tada"},
            {"type": "emoji", "name": "our-parrot"},
            {"type": "link", "url": "https://a.example"},
            {"type": "date", "timestamp": 0, "format": "{date}"},
            {"type": "color", "value": "#ff0000"},
            {"type": "new"},
        ]
        plain = "a & b @alice#general@S1@here🎉:our-parrot:https://a.example1970-01-01 00:00 UTC#ff0000"
        self.assertPlain(plain, {"type": "rich_text", "elements": [rich("section", *elements)]})

    def test_parts(self) -> None:
        """Lists, quotes and code have the marks that people type."""
        parts = [
            rich("section", text("Do:\n")),
            rich("list", rich("section", text("one")), rich("section", text("two")), style="ordered"),
            rich("list", rich("section", text("more")), style="bullet", indent=1),
            rich("quote", text("so\nthey say")),
            rich("preformatted", text("x = 1")),
        ]
        plain = "Do:\n1. one\n2. two\n  • more\n> so\n> they say\n```\nx = 1\n```"
        self.assertPlain(plain, {"type": "rich_text", "elements": parts})

    def test_kinds(self) -> None:
        """Other blocks have their texts, and those that only ask or decorate are empty."""
        mrkdwn, plain = {"type": "mrkdwn", "text": "<@U1> &amp;"}, {"type": "plain_text", "text": "<@U1> &amp;"}
        self.assertPlain(
            "<@U1> &amp;\n@alice &\n<@U1> &amp;\n@alice & cup\na cup\nfilm\nMark",
            {"type": "header", "text": plain},
            {"type": "divider"},
            {"type": "section", "text": mrkdwn, "fields": [plain]},
            {"type": "context", "elements": [mrkdwn, {"type": "image", "alt_text": "cup"}]},
            {"type": "actions", "elements": [{"type": "button"}]},
            {"type": "image", "alt_text": "a cup"},
            {"type": "video", "title": {"type": "plain_text", "text": "film"}},
            {"type": "markdown", "text": "Mark"},
        )

    def test_deep(self) -> None:
        """Blocks that are nested too deeply are malformed."""
        part = rich("section", text("x"))
        for _ in range(20):
            part = rich("list", part)
        with self.assertRaises(Malformed):
            plainBlocks([Fields({"type": "rich_text", "elements": [part]})], NAMES)


class AttachmentTests(SynchronousTestCase):
    """Attachments as plain text."""

    def assertPlain(self, plain: str, **attachment: Any) -> None:
        """Assert what an attachment becomes."""
        self.assertEqual(plain, plainAttachments([Fields(attachment)], NAMES))

    def test_attachments(self) -> None:
        """An attachment has its parts; or its blocks, or its fallback, if it has none."""
        fields = [{"title": "Tests", "value": 7}, {"title": "", "value": "ok"}, {"title": "Empty"}]
        self.assertPlain(
            "Before\nBuild (https://ci.example)\nFailed & <x>\nTests: 7\nok\nEmpty",
            pretext="Before",
            title="Build",
            title_link="https://ci.example",
            text="Failed &amp; &lt;x&gt;",
            fields=fields,
            fallback="unused",
        )
        self.assertPlain("Title", title="Title")
        self.assertPlain("x", blocks=[{"type": "rich_text", "elements": [rich("section", text("x"))]}], fallback="f")
        self.assertPlain("@alice", fallback="<@U1>")

    def test_previews(self) -> None:
        """The preview of a link is left out, and a shared message is not."""
        self.assertPlain("", from_url="https://a.example", text="Preview")
        self.assertPlain("Shared", from_url="https://x.slack.com/archives/1", is_share=True, text="Shared")

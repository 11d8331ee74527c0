"""
Texts of blocks and attachments, for messages whose text is elsewhere empty.

See "Blocks", U{https://docs.slack.dev/reference/block-kit/blocks}, in particular "Rich text",
U{https://docs.slack.dev/reference/block-kit/blocks/rich-text-block}; and "Legacy attachments",
U{https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments}.
"""

from __future__ import annotations

from twistchat.importing.reading.emoji import emojiNamed
from twistchat.importing.reading.fields import Fields, Malformed, cleaned
from twistchat.importing.slack.mrkdwn import Names, dated, linked

DEPTH = 12
"""How deep blocks may be nested.  Slack's own have four levels at most."""


def plainBlocks(blocks: list[Fields], names: Names) -> str:
    """
    Write blocks as plain text, with a line for each.

    @raise Malformed: they are not what Slack documents.
    """
    return "\n".join(filter(None, [_block(block, names) for block in blocks]))


def _block(block: Fields, names: Names) -> str:
    """Write one block.  Blocks that only ask or decorate are empty."""
    kind = block.text("type")
    if kind == "rich_text":
        return _rich(block.children("elements"), names, DEPTH)
    if kind == "section":
        texts = [block.child("text"), *block.children("fields")]
        return "\n".join(filter(None, [_object(text, names) for text in texts]))
    if kind in {"header", "video"}:
        return _object(block.child("text" if kind == "header" else "title"), names)
    if kind == "markdown":
        return names.plain(block.text("text"))
    if kind == "context":
        return " ".join(filter(None, [_object(each, names) for each in block.children("elements")]))
    if kind == "image":
        return block.text("alt_text")
    return ""


def _object(text: Fields, names: Names) -> str:
    """Write a text object, or the other text of an image among them."""
    if text.text("type") == "image":
        return text.text("alt_text")
    content = text.text("text")
    return names.plain(content) if text.text("type") == "mrkdwn" else content


def _rich(elements: list[Fields], names: Names, depth: int) -> str:
    """Write the parts of rich text: sections, lists, quotes and code."""
    if depth == 0:
        raise Malformed("elements")
    parts = []
    for element in elements:
        kind, inner = element.text("type"), element.children("elements")
        if kind == "rich_text_list":
            indent = "  " * min(max(element.number("indent"), 0), 8)
            ordered = element.text("style") == "ordered"
            items = [_rich([item], names, depth - 1) for item in inner]
            marks = [f"{number}." if ordered else "•" for number in range(1, len(items) + 1)]
            parts.append("\n".join([f"{indent}{mark} {item}" for mark, item in zip(marks, items, strict=True)]))
        elif kind == "rich_text_quote":
            parts.append("\n".join([f"> {line}" for line in _inline(inner, names).split("\n")]))
        elif kind == "rich_text_preformatted":
            parts.append(f"```\n{_inline(inner, names)}\n```")
        else:
            parts.append(_inline(inner, names).strip("\n"))
    return "\n".join(filter(None, parts))


def _inline(elements: list[Fields], names: Names) -> str:
    """Write the elements of one section of rich text."""
    return "".join([_element(element, names) for element in elements])


def _element(element: Fields, names: Names) -> str:
    kind = element.text("type")
    if kind == "link":
        return linked(element.text("url"), element.text("text"))
    if kind == "user":
        return names.person(element.text("user_id"))
    if kind == "channel":
        return names.room(element.text("channel_id"))
    if kind == "usergroup":
        return f"@{element.text('usergroup_id')}"
    if kind == "broadcast":
        return f"@{element.text('range')}"
    if kind == "emoji":
        return emojiNamed(element.text("name")) or f":{element.text('name')}:"
    if kind == "date":
        return dated(str(element.number("timestamp")), element.text("fallback"))
    return element.text("value") if kind == "color" else element.text("text")


def plainAttachments(attachments: list[Fields], names: Names) -> str:
    """
    Write attachments as plain text.  A preview of a link is none: its address is in the text.

    @raise Malformed: they are not what Slack documents.
    """
    return "\n".join(filter(None, [_attachment(each, names) for each in attachments]))


def isPreview(attachment: Fields) -> bool:
    """Whether Slack added an attachment for a link in the text."""
    return any([name in attachment for name in ("from_url", "original_url")]) and not attachment.flag("is_share")


def _attachment(attachment: Fields, names: Names) -> str:
    if isPreview(attachment):
        return ""
    title = linked(attachment.text("title_link"), names.plain(attachment.text("title")))
    parts = [names.plain(attachment.text("pretext")), title, names.plain(attachment.text("text"))]
    for field in attachment.children("fields"):
        # The values of fields may be numbers.
        value = field.values.get("value")
        value = (
            names.plain(cleaned(value))
            if isinstance(value, str)
            else ""
            if value is None
            else cleaned(str(value)[:100])
        )
        parts.append(": ".join(filter(None, [names.plain(field.text("title")), value])))
    found = "\n".join(filter(None, parts))
    return found or plainBlocks(attachment.children("blocks"), names) or names.plain(attachment.text("fallback"))

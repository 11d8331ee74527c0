"""The kinds of IRC clients: the capabilities that each asks for."""

from __future__ import annotations

from typing import Final

_TAGS: Final = ("batch", "echo-message", "labeled-response", "message-tags", "multi-prefix", "server-time")

KINDS: Final = {
    "plain": (),
    "tags": (*_TAGS, "sasl"),
    "bouncer": ("batch", "message-tags", "server-time", "znc.in/playback", "sasl"),
    "full": (
        *("account-notify", "account-tag", "away-notify", "cap-notify", "chghost", "draft/channel-rename"),
        *("draft/chathistory", "draft/message-redaction", "draft/multiline", "draft/read-marker", "extended-join"),
        *("invite-notify", "sasl", "setname", "standard-replies", "twistchat.org/search", "userhost-in-names"),
        *("extended-monitor", "draft/metadata-2", "draft/event-playback", *_TAGS),
    ),
}
"""The capabilities of each kind."""

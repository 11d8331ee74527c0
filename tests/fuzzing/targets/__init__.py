"""All targets.  To add one, write it beside the others that are like it, and list it here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fuzzing.target import Target
from tests.fuzzing.targets import (
    configuration,
    control,
    exports,
    http,
    irc,
    journal,
    logins,
    names,
    sessions,
    streams,
    websocket,
)

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in (
        *(irc.MESSAGE, irc.TAGS),
        *(streams.LINE, streams.INTAKE, streams.TELNETS, streams.PROXY, streams.SNIFF),
        websocket.WEBSOCKET,
        *(http.HEADS, http.CONNECTION, http.BEHIND_PROXY, http.FORM),
        *(configuration.CONFIGURATION, configuration.ASSIGNMENT, configuration.ENDPOINT),
        *(journal.ENTRY, journal.SNAPSHOT, journal.SEARCH),
        *(names.SELECTOR, names.MASK, names.NAME),
        *(logins.SASL, logins.CHUNKS),
        control.CONTROL,
        *(exports.JOURNAL, exports.SLACK, exports.MATTERMOST, exports.ARCHIVE, exports.JSON, exports.TEXT),
        *(sessions.IRC, sessions.LINE),
    )
}
"""The targets by their names."""

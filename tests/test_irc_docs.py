"""Compare docs/irc.md with the IRC door."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import serverWith
from twistchat.chat.model.bans.masks import ACTING, MATCHING
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES
from twistchat.chat.model.modes.user import USER_MODES
from twistchat.doors.irc import IrcDoor
from twistchat.protocols.irc.commands import COMMANDS
from twistchat.protocols.irc.registration.isupport import isupportTokens
from twistchat.protocols.irc.services import SERVICES
from twistchat.wire.irc.capabilities import CAPABILITIES

TEXT = (Path(__file__).parent.parent / "docs/irc.md").read_text("utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """Return the table under a heading: the further cells of each row, by its first cell."""
    matched = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert matched is not None, heading
    lines = [line for line in matched[1].splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    found = {first.strip("`"): rest for first, *rest in cells}
    assert len(found) == len(lines), heading
    return found


class TableTests(SynchronousTestCase):
    """Each table is complete, has nothing else, and gives a source for each row."""

    def test_commands(self) -> None:
        """The commands, with the source that HELP names."""
        self.assertEqual(
            {name: command.source for name, command in COMMANDS.items()},
            {name: source for name, (source, _) in rows("Commands").items()},
        )

    def test_services(self) -> None:
        """The commands of each service, with their summaries."""
        for service in SERVICES.values():
            self.assertEqual(
                {command.name: command.summary for command in service.commands.values()},
                {name: summary for name, (summary, _) in rows(service.nick).items()},
            )

    def test_channelModes(self) -> None:
        """The room modes, with their effects."""
        found = rows("Channel modes")
        self.assertEqual(
            {mode.letter: mode.meaning for mode in ROOM_MODES.values()}, {k: v[0] for k, v in found.items()}
        )
        self.assertTrue(all(source for *_, source in found.values()))

    def test_changedBy(self) -> None:
        """The room modes, with the level that may change them."""
        levels = {rank.level: f"{rank.name}s" for rank in RANKS} | {60: "operators of the server"}
        self.assertEqual(
            {mode.letter: levels[mode.level] for mode in ROOM_MODES.values()},
            {letter: level for letter, (_, level, _) in rows("Channel modes").items()},
        )

    def test_ranks(self) -> None:
        """The ranks, with prefix and name, highest first."""
        self.assertEqual(
            [(rank.letter, f"`{rank.prefix}`", rank.name) for rank in RANKS],
            [(letter, prefix, name) for letter, (prefix, name, _) in rows("Ranks").items()],
        )

    def test_userModes(self) -> None:
        """The user modes, with their meaning, and whether users set them."""
        self.assertEqual(
            {mode.letter: (mode.meaning, mode.given) for mode in USER_MODES.values()},
            {letter: (meaning, own == "yes") for letter, (meaning, own, _) in rows("User modes").items()},
        )

    def test_extendedBans(self) -> None:
        """The extended bans, with their syntax."""
        kinds = [*MATCHING.values(), *ACTING.values()]
        self.assertEqual(
            {kind.usage: kind.meaning for kind in kinds},
            {usage: meaning for usage, (meaning, _) in rows("Extended bans").items()},
        )

    def test_features(self) -> None:
        """The ISUPPORT tokens, with their value if it is constant."""
        tokens = isupportTokens(serverWith(irc={"icon": "https://example.org/icon.png"}).context)
        found = rows("ISUPPORT")
        self.assertEqual(set(tokens), set(found))
        for name, (value, source) in found.items():
            self.assertTrue(source, name)
            plain = re.fullmatch(r"`([#\w]+)`(; .*|, .*)?|(\d+)(, .*)?", value)
            if plain is not None:
                self.assertEqual(tokens[name], plain[1] or plain[3], name)

    def test_capabilities(self) -> None:
        """The capabilities, with the address of the specification."""
        self.assertEqual(
            {name: urljoin("https://ircv3.net/specs/", capability.source) for name, capability in CAPABILITIES.items()},
            {name: source[source.index("(") + 1 : -1] for name, (source, _) in rows("Capabilities").items()},
        )


class ConnectingTests(SynchronousTestCase):
    """How to connect."""

    def test_endpoint(self) -> None:
        """It names the default endpoint of the door."""
        self.assertIn(f"`{IrcDoor.defaultEndpoints[0]}`", TEXT)

    def test_limits(self) -> None:
        """The keys that it names are keys of the configuration."""
        settings = serverWith().context.settings
        for section, key in re.findall(r"`(limits|irc)\.(\w+)`", TEXT):
            values = settings.doors.get(section) or getattr(settings, section)
            self.assertTrue(hasattr(values, key), f"{section}.{key}")

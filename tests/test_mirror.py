"""
The tests mirror the source: C{tests/net/output/test_outbox.py} tests C{src/twistchat/net/output/outbox.py}.

L{OTHERS} lists the test modules that mirror no module or package, with their subjects.  Those in C{tests/web} are about
the web page and mirror none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src" / "twistchat"

OTHERS: Mapping[str, tuple[str, ...]] = {
    "the whole server, in memory or as a process": (
        "simulation/cluster/test_running",
        "simulation/cluster/test_truth",
        "simulation/machine/test_disk",
        "simulation/machine/test_network",
        "simulation/test_digest",
        "simulation/runs/test_running",
        "simulation/runs/test_shrinking",
        "simulation/test_steps",
        "test_administration",
        "test_always_on",
        "test_backups",
        "test_cluster",
        "test_cluster_daemon",
        "test_cluster_trust",
        "test_conversations",
        "test_daemon",
        "test_default_limits",
        "test_irc_replay",
        "test_log",
        "test_injection",
        "test_mails",
        "test_nobody_hangs",
        "test_one_account",
        "test_read_access",
        "test_read_markers",
        "test_registered_rooms",
        "test_reloading_daemon",
        "test_replay",
        "test_two_doors",
        "test_unowned_rooms",
    ),
    "the repository: documents, examples, imports, the tests themselves, tools": (
        "examples/test_cluster",
        "examples/test_door",
        "examples/test_journal",
        "services/monitoring/test_documents",
        "test_docs",
        "test_imports",
        "test_invocation",
        "test_irc_docs",
        "test_mirror",
        "test_packaging",
        "test_private",
        "test_security_docs",
        "tools/test_confusables",
        "tools/test_emojinames",
        "tools/test_exports",
        "tools/test_picture",
        "tools/test_screenshot",
    ),
    "the benchmarks, and the guards on counted work": (
        "bench/test_accounts",
        "bench/cluster/test_catalogue",
        "bench/cluster/test_checks",
        "bench/cluster/test_copies",
        "bench/cluster/test_figures",
        "bench/cluster/test_links",
        "bench/cluster/test_messages",
        "bench/cluster/test_play",
        "bench/test_commands",
        "bench/test_disk",
        "bench/fire/reloads/test_mistakes",
        "bench/fire/reloads/test_reports",
        "bench/fire/reloads/test_visitor",
        "bench/fire/shim/test_disk",
        "bench/fire/shim/test_faults",
        "bench/fire/shim/test_record",
        "bench/fire/test_attack",
        "bench/fire/test_audience",
        "bench/fire/test_canary",
        "bench/fire/test_commands",
        "bench/fire/test_configuration",
        "bench/fire/test_clock",
        "bench/fire/test_figures",
        "bench/fire/test_ledger",
        "bench/fire/test_logins",
        "bench/fire/test_picture",
        "bench/fire/test_powercuts",
        "bench/fire/test_scenarios",
        "bench/fire/test_storage",
        "bench/test_history",
        "bench/test_logins",
        "bench/test_main",
        "bench/test_page",
        "bench/test_results",
        "bench/test_traffic",
        "bench/test_websocket",
        "bench/test_work",
    ),
    "the parsers, with any input": ("fuzzing/test_targets",),
    "one behaviour, in which several rules have a part": (
        "chat/rules/users/test_sessions",
        "chat/rules/test_races",
        "chat/test_twonodes",
        "chat/rules/rooms/test_ranks",
        "chat/rules/rooms/test_renaming",
        "chat/rules/rooms/test_roommodes",
        "net/client/test_cutoff",
        "net/client/test_expulsion",
        "services/test_administration",
        "wire/irc/test_hostile",
    ),
    "the journal on disk as a whole: a crash, damage to its files": (
        "journal/sqlite/test_crash",
        "journal/sqlite/test_damage",
        "journal/sqlite/test_flips",
    ),
    "the stream of a cluster, at real brokers": (
        "journal/jetstream/nats/test_cluster",
        "journal/jetstream/nats/test_contract",
    ),
    "one module, on the real reactor": ("net/output/test_outbox_tcp", "services/mail/test_smtp_tcp"),
    "one function of twistchat.tap": ("test_journals",),
    "doors in general: their contract, plugins, their sections": (
        "config/test_doors",
        "doors/test_contract",
        "doors/test_plugins",
    ),
    "the keys of one section": ("config/test_mail",),
    "what an IRC client sees: a command, a capability, a limit": (
        "protocols/irc/commands/channels/test_invites",
        "protocols/irc/commands/channels/test_rename",
        "protocols/irc/commands/test_ping",
        "protocols/irc/commands/texts/test_redaction",
        "protocols/irc/registration/test_pass",
        "protocols/irc/registration/test_sts",
        "protocols/irc/replies/test_lengths",
        "protocols/irc/replies/test_widest",
        "protocols/irc/test_anything",
    ),
    "what a person at the line door sees": (
        "protocols/line/commands/test_help",
        "protocols/line/test_ending",
        "protocols/line/test_order",
        "protocols/line/test_terminals",
    ),
}
"""The modules of tests that mirror no module, but for those of the page: what they are about, and their names."""


def modules() -> Iterator[str]:
    """Return the test modules, without their suffix."""
    for path in sorted(TESTS.rglob("test_*.py")):
        yield path.relative_to(TESTS).with_suffix("").as_posix()


def mirrors(name: str) -> bool:
    """Whether a test module mirrors a module or a package."""
    folder, _, last = name.rpartition("/")
    mirrored = SOURCE / folder / last.removeprefix("test_")
    return mirrored.is_dir() or mirrored.with_suffix(".py").exists()


def isOfThePage(name: str) -> bool:
    """Whether a test module is about the web page, in a browser and in node: all in C{tests/web} are."""
    return name.startswith("web/")


class MirrorTests(SynchronousTestCase):
    """Each test module has its place."""

    def test_mirror(self) -> None:
        """Each test module mirrors a module of the source, is in L{OTHERS}, or is about the page: only one of these."""
        others = [name for names in OTHERS.values() for name in names]
        strays = [name for name in modules() if not mirrors(name) and not isOfThePage(name)]
        self.assertEqual(sorted(others), strays)
        self.assertTrue(mirrors("net/output/test_outbox"))
        self.assertTrue(mirrors("net/limits/test_idle"))
        self.assertFalse(mirrors("net/test_idle"))

    def test_packages(self) -> None:
        """Every folder of tests is a package, so that trial finds it."""
        folders = {path.parent for path in TESTS.rglob("test_*.py")}
        self.assertEqual([], [str(folder) for folder in folders if not (folder / "__init__.py").exists()])

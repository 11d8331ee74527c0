"""
The quick subset: C{pytest --quick} runs some tests of each level, in half a minute on one core.

Modules outside the subset are not imported.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

QUICK = (
    # bytes and values
    "wire",
    # the rules, with fake outlets
    "chat",
    "config",
    # the journals
    "journal/sqlite/test_faults.py",
    "journal/test_memory.py",
    # connections and protocols, with a fake transport and clock
    "net/limits",
    "net/output/test_turn.py",
    "protocols/irc/commands/channels/test_channels.py",
    "protocols/irc/commands/texts/test_messages.py",
    "protocols/irc/registration/test_registration.py",
    "protocols/line/test_registration.py",
    "protocols/line/test_rooms.py",
    "protocols/line/commands/test_talk.py",
    "services",
    # the whole server in memory, among it the recorded conversations
    "test_conversations.py",
    "test_unowned_rooms.py",
    "testing",
    # a real twistd on loopback
    "test_default_limits.py",
)
"""The folders and modules of the quick subset."""

LONG = (
    "chat/fanout/test_audience.py",
    "chat/model/bans/test_masks.py",
    "chat/model/bans/test_room.py",
    "chat/model/test_holding.py",
    "chat/model/test_names.py",
    "chat/test_limits.py",
    "chat/test_snapshot.py",
    "chat/test_model.py",
    "chat/test_state.py",
    "config/test_bounds.py",
    "config/test_builder.py",
    "journal/sqlite/test_faults.py::OpenTests",
    "net/limits/test_admission.py",
    "net/limits/test_departures.py",
    "net/limits/test_idle.py",
    "services/mail/test_smtp_tcp.py",
    "test_conversations.py::ConversationTests::test_restart_retention",
    "test_conversations.py::ConversationTests::test_restart_sqlite",
    "test_conversations.py::MessageConversationTests",
    "test_default_limits.py::DefaultLimitsTests::test_floodOfBlankLines",
    "test_default_limits.py::DefaultLimitsTests::test_throttledTwice",
    "test_unowned_rooms.py::RestartTests",
    "testing/test_door.py",
    "wire/irc/test_dialect.py",
    "wire/irc/test_hostile.py",
    "wire/irc/test_message.py",
    "wire/irc/test_texts.py",
    "wire/test_lines.py",
    "wire/test_plain.py",
    "wire/test_telnet.py",
    "wire/test_text.py",
)
"""The modules, classes and tests in there that take too long for it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option C{--quick}."""
    parser.addoption("--quick", action="store_true", help="run the quick subset only: see tests/conftest.py")


def pytest_configure(config: pytest.Config) -> None:
    """
    Check the lists.

    @raise pytest.UsageError: they name a file that does not exist.
    """
    missing = [name for name in (*QUICK, *LONG) if not (TESTS / name.partition("::")[0]).exists()]
    if missing:
        raise pytest.UsageError(f"tests/conftest.py names what does not exist: {', '.join(missing)}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip modules outside the subset, if C{--quick} is given."""
    if not config.getoption("--quick") or collection_path.is_dir():
        return None
    around = {path.relative_to(TESTS).as_posix() for path in collection_path.parents if TESTS in path.parents}
    around.add(collection_path.relative_to(TESTS).as_posix())
    return True if around.isdisjoint(QUICK) or not around.isdisjoint(LONG) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out of the subset."""
    if config.getoption("--quick"):
        long = [item for item in items if _isLong(item.nodeid.removeprefix(f"{TESTS.name}/"))]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def _isLong(name: str) -> bool:
    """
    Whether a test takes too long for the subset.  The tests that run over a second carrier repeat others.

    @param name: its file, class and name.
    """
    case = name.rpartition("::")[0]
    return name in LONG or case in LONG or case.endswith("OverMessages")

"""All targets.  To add one, write it beside the others that are like it, and list it here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from tests.fuzzing.target import Target

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "irc": ("irc-message", "tags"),
    "streams": ("lines", "intake", "telnet", "proxy", "sniff"),
    "websocket": ("websocket",),
    "http": ("http-head", "http-connection", "http-proxied", "http-form"),
    "configuration": ("configuration", "assignment", "endpoint"),
    "journal": ("entries", "snapshot", "search"),
    "names": ("selectors", "masks", "names"),
    "logins": ("sasl", "sasl-chunks"),
    "oidc": ("oidc",),
    "control": ("control",),
    "exports": ("import-journal", "import-slack", "import-mattermost", "import-zip", "import-json", "import-text"),
    "sessions": ("irc-session", "line-session"),
}
"""The names of the targets, by the module in L{tests.fuzzing.targets} that has them in its C{TARGETS}."""

NAMES: Final = tuple([name for names in MODULES.values() for name in names])
"""The names of all targets."""


def targetNamed(name: str) -> Target:
    """
    Import a target.

    Only its own module is imported, because atheris takes ten seconds to instrument all of twistchat.

    @raise KeyError: there is no target of this name.
    """
    for module, names in MODULES.items():
        if name in names:
            targets: tuple[Target, ...] = import_module(f"tests.fuzzing.targets.{module}").TARGETS
            return next(target for target in targets if target.name == name)
    raise KeyError(name)

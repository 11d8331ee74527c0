"""The command that erases what a person wrote."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from twisted.python.usage import UsageError

from twistchat.console.options import JournalOptions, Refused
from twistchat.console.progress import showProgress
from twistchat.console.reaching import perform
from twistchat.journal.sqlite.files import FILE


class ForgetOptions(JournalOptions):
    """C{twistchat forget --account NAME}."""

    synopsis = "[options] --account=NAME"
    longdesc = (
        "Erases everything that the user of an account wrote, in rooms and to others, from the journal and from the "
        "search index, for ever, while the server runs or not.  The account itself stays (see twistchat account drop), "
        "and so do the current topics of rooms, and its name in the texts of others.  If this is interrupted, the "
        "server continues."
    )
    examples: ClassVar = ["twistchat forget --account eve"]
    optParameters: ClassVar = [["account", None, None, "The account, which may have been dropped."]]
    optFlags: ClassVar = [["yes", None, "Do not ask."]]

    def run(self) -> None:
        """Ask, and erase the texts."""
        name = self["account"]
        if not name:
            raise UsageError("name an account, as in --account alice")
        if not self["yes"]:
            _confirm(name)
        with showProgress("Erasing") as progress:

            def receive(part: Mapping[str, Any]) -> None:
                progress(part["part"])

            answer = perform(self.settings, "account.forget", {"name": name}, receive)
        print(f"What {answer['account']} wrote is erased")
        copies = sorted(Path(self.settings.server.data).glob(f"{FILE}.version*"))
        for copy in copies:
            print(f"twistchat: {copy} is an earlier copy that still has it; delete it", file=sys.stderr)
        print("twistchat: backups still have it; delete them too, or make new ones", file=sys.stderr)


def _confirm(name: str) -> None:
    """
    Ask whether to erase texts.

    @raise Refused: the answer is not yes.
    """
    if not sys.stdin.isatty():
        raise Refused(f"add --yes to erase what {name} wrote without a question")
    try:
        answer = input(f"What {name} wrote cannot be brought back.  Erase it? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
        print()
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was erased")

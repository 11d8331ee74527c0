"""The commands about what belongs to a person: its export and its erasure."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, TextIO

from twisted.python.usage import UsageError

from twistchat.chat.model.spans import Damaged
from twistchat.console.options import JournalOptions, Refused
from twistchat.console.progress import showProgress
from twistchat.console.reaching import perform
from twistchat.journal.history.export import exportAccount
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.reading import RowReader


def writeAccount(path: Path, account: str, target: Path | None) -> None:
    """
    Write everything that belongs to an account.

    @param path: the journal's file.
    @param target: the new file, which only its owner can read; C{None} for standard output.
    @raise Refused: there is nothing, or entries are damaged, or the new file exists.
    """
    written = damaged = 0
    with ExitStack() as stack:
        reader = stack.enter_context(closing(RowReader(path)))
        if target is None:
            output: TextIO = sys.stdout
        else:
            output = stack.enter_context(newFile(target))
        isMixed = target is None and sys.stdout.isatty()
        progress = (lambda part: None) if isMixed else stack.enter_context(showProgress())
        for line in exportAccount(reader, account, progress):
            if isinstance(line, Damaged):
                damaged += 1
            else:
                print(line, file=output)
                written += 1
        if not written and not damaged:
            raise Refused(f"the journal has nothing of {account}")
    if damaged:
        raise Refused(
            f"entries that changed on disk were left out: {damaged}, of this account or of others; twistchat check"
            " reads the journal"
        )


@contextmanager
def newFile(target: Path) -> Iterator[TextIO]:
    """
    Write a new file.  It is removed if it cannot be completed.

    @raise Refused: it exists.
    """
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{target} exists already; name a new file") from None
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        target.unlink()
        raise


class ForgetOptions(JournalOptions):
    """C{twistchat forget --account NAME}."""

    synopsis = "[options] --account=NAME"
    longdesc = (
        "Erases everything that the user of an account wrote, in rooms and to others, from the journal and from the "
        "search index, for ever, while the server runs or not.  The account itself stays (see twistchat account drop), "
        "and so do the current topics of rooms, and its name in the texts of others.  If this is interrupted, the "
        "server continues."
    )
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

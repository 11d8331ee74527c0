"""Erases the texts of accounts in small steps, between batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.chat.model.events import Entry
from twistchat.chat.model.forgetting import withoutPending
from twistchat.journal.history.removal.erasing import BUSY
from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.chat.model.spans import Kept
    from twistchat.journal.history.writing import Write

log = Logger()


@dataclass(frozen=True, slots=True)
class ForgetPace:
    """
    How fast texts are erased.

    @ivar scan: the number of entries that a step examines.
    @ivar count: the number of entries that a step changes.
    @ivar pages: the number of pages (4 KiB) of the word index that a step merges.
    @ivar pause: the seconds between two steps.
    @ivar retry: the seconds until a step is repeated that was not possible, because another connection reads the file.
    """

    scan: int = 1000
    count: int = 50
    pages: int = 32
    pause: float = 0.01
    retry: float = 1.0


class Forgetting:
    """
    Erases the texts of accounts.  The file says how far it is, so the next start continues.

    Readers do not see the texts from the beginning on.  After a fault of the disk it stops, and continues when
    L{begin} is called again.

    @ivar pace: see L{ForgetPace}.
    @ivar pending: the folded names of the accounts, by the sequence number of the entry that asks for it.
    """

    def __init__(
        self, clock: IReactorTime | None, write: Write, changed: Callable[[int], None], pace: ForgetPace
    ) -> None:
        """
        @param clock: the reactor's timers; C{None} to take a step only when L{progress} is called.
        @param write: runs work on the writing thread.
        @param changed: called after each step with the number of entries that it changed.
        """
        self.pace = pace
        self.pending: dict[int, str] = {}
        self._clock, self._write, self._changed = clock, write, changed
        self._waiting: list[tuple[str, Deferred[float]]] = []
        self._call: IDelayedCall | None = None
        self._stepping = self._stopped = False

    def begin(self) -> None:
        """Begin, or continue."""
        if self.pending and self._call is None and not self._stepping:
            self._later(self.pace.pause)

    def progress(self, account: str) -> Deferred[float]:
        """
        Wait for the next step.

        @param account: the folded name of an account.
        @return: fires with the part of the work that is done: 1 if nothing is left.  Fails with L{NotRead}.
        """
        if account not in self.pending.values():
            return succeed(1.0)
        reached: Deferred[float] = Deferred()
        self._waiting.append((account, reached))
        if self._clock is None and not self._stepping:
            self._step()
        return reached

    def shown(self, found: Sequence[Kept]) -> Sequence[Kept]:
        """Leave out the texts that are being erased from the result of a query."""
        if not self.pending:
            return found
        left = [withoutPending(kept, self.pending) if isinstance(kept, Entry) else kept for kept in found]
        return [kept for kept in left if kept is not None]

    def stop(self) -> None:
        """Stop.  The next start continues."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._fail(NotRead("the server stops; it continues to erase the texts at its next start"))

    def _later(self, delay: float) -> None:
        if self._clock is not None and not self._stopped:
            self._call = self._clock.callLater(delay, self._step)

    def _step(self) -> None:
        self._call, self._stepping = None, True
        self._write(lambda file: file.forgetTexts(self.pace)).addCallbacks(self._stepped, self._failed)

    def _stepped(self, step: tuple[int, float, int] | None) -> None:
        """
        Continue after a step.

        @param step: the sequence number of the entry that asks for the erasure, the part of the work that is done, and
            the number of entries that were changed; C{None} if no erasure is left.
        """
        self._stepping = False
        sequence, part, changed = (0, 0.0, 0) if step is None else step
        if step is None:
            self.pending.clear()
        elif part >= 1:
            self.pending.pop(sequence, None)
        self._changed(changed)
        waiting, self._waiting = self._waiting, []
        current = self.pending.get(sequence)
        for account, reached in waiting:
            left = account in self.pending.values()
            reached.callback((part if account == current else 0.0) if left else 1.0)
        if self.pending and self._call is None:
            self._later(self.pace.retry if part == BUSY else self.pace.pause)

    def _failed(self, failure: Failure) -> None:
        """Stop.  A fault has been logged."""
        self._stepping = False
        if failure.check(Fault) is None:
            log.failure("The texts of an account could not be erased", failure)
        self._fail(NotRead("the journal cannot be written; the server erases the texts when it can"))

    def _fail(self, error: NotRead) -> None:
        waiting, self._waiting = self._waiting, []
        for _, reached in waiting:
            reached.errback(Failure(error))

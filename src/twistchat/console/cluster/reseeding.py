"""The command that replaces the stream of a cluster."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred

from twistchat.config.cluster import MISSING
from twistchat.console.journals.journal import checked, entries
from twistchat.console.offline import becomeOwner
from twistchat.console.options import JournalOptions, Refused
from twistchat.console.progress import showProgress
from twistchat.console.server.status import moment
from twistchat.worker import DirectWorker

if TYPE_CHECKING:
    from twistchat.journal.jetstream.reseeding import Reseeding


class ReseedOptions(JournalOptions):
    """C{twistchat cluster reseed}."""

    longdesc = (
        "Replaces the stream of the cluster by a new one that continues the copy of this node.  It is for a stream "
        "that is lost or damaged.  Stop all nodes, and run this on the node with the longest copy.\n\n"
        "Without --yes it changes nothing: it reads the whole copy, and says what the new stream would continue, and "
        "what the old one has beyond it.  That is lost with --yes."
    )
    examples: ClassVar = ["twistchat cluster reseed", "twistchat cluster reseed --yes"]
    optFlags: ClassVar = [["yes", None, "Replace the stream."]]

    def run(self) -> None:
        """
        Replace the stream, or say what that would do.

        @raise Refused: it cannot be replaced.
        """
        if self.settings.journal.kind != "jetstream":
            raise Refused("this server is no node of a cluster; see journal.kind")
        path = self.path()
        self._data = path.parent.absolute()
        becomeOwner(self._data)
        with showProgress() as progress:
            findings = checked(path, progress)
        if not findings.good:
            raise Refused(f"{path} is damaged; twistchat check says more.  Use the copy of another node")
        print(f"{path} is good: {entries(findings.entries)} read")
        print(*inAsyncio(self._replace), sep="\n")

    async def _replace(self, reactor: Any) -> list[str]:
        """
        Connect to the brokers, and do it.

        @return: what to tell the administrator.
        """
        from twistchat.interfaces import StreamUnusable
        from twistchat.journal.jetstream.opening import CannotFollow
        from twistchat.journal.jetstream.reseeding import examine, opened, reseed
        from twistchat.journal.sqlite.copy import SqliteCopy

        try:
            from twistchat.journal.jetstream.nats.stream import NatsStream
        except ModuleNotFoundError:
            raise Refused(MISSING) from None

        def wait(seconds: float) -> Deferred[None]:
            waited: Deferred[None] = Deferred()
            reactor.callLater(seconds, waited.callback, None)
            return waited

        stream = NatsStream(self.settings.cluster, reactor)
        copy = SqliteCopy(str(self._data), time.time, lambda name: DirectWorker())
        try:
            position = opened(copy)
            found = await examine(stream, position, wait)
            if found.alive:
                nodes = ", ".join(found.alive)
                raise Refused(f"a node of the cluster runs: {nodes}; stop all nodes first")
            if self["yes"]:
                await reseed(stream, position, copy, secrets.token_hex(8))
        except (CannotFollow, StreamUnusable) as e:
            raise Refused(str(e)) from None
        finally:
            await copy.close()
            await stream.close()
        return list(lines(found, bool(self["yes"])))


def lines(found: Reseeding, done: bool) -> Iterator[str]:
    """
    Describe a new stream.

    @param done: whether it was made.
    """
    yield (
        f"The new stream {'continues' if done else 'would continue'} after entry {found.stored:,} of"
        f" {moment(found.time / 1000)}"
    )
    beyond = max(0, found.last - found.followed)
    if not found.last:
        yield "The old stream has no messages"
    elif beyond:
        yield (
            f"The old stream has messages {found.first:,} to {found.last:,}.  This copy has those up to"
            f" {found.followed:,}, and perhaps some more; what it does not have"
            f" {'is' if done else 'would be'} lost"
        )
    else:
        yield f"This copy has followed the old stream to its end, message {found.last:,}"
    if done:
        yield "Start this node first.  A node whose copy ends with another entry needs a copy of this one"
    else:
        yield "Nothing was changed.  Add --yes to replace the stream"


def inAsyncio(work: Callable[[Any], Coroutine[Deferred[Any], Any, list[str]]]) -> list[str]:
    """
    Run a coroutine in the asyncio reactor, which this process has not used before.

    @param work: gets the reactor.
    @raise Refused: the work was refused, or Ctrl-C ended it.
    """
    from twisted.internet import asyncioreactor

    asyncioreactor.install()
    from twisted.internet import reactor

    outcome: list[Any] = []
    runner: Any = reactor

    def begin() -> None:
        done = Deferred.fromCoroutine(work(reactor))
        done.addBoth(outcome.append)
        done.addBoth(lambda _: runner.stop())

    runner.callWhenRunning(begin)
    runner.run()
    if not outcome:
        raise KeyboardInterrupt
    result = outcome[0]
    if isinstance(result, list):
        return result
    result.raiseException()
    raise AssertionError(result)

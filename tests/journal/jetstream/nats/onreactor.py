"""
A program that uses the stream on Twisted's reactor for asyncio, with a broker of its own.

It prints the numbers of the messages that it has read.  What goes wrong is printed on standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from tests.journal.jetstream.nats.brokers import single
from tests.journal.jetstream.nats.loops import WAIT, patience, settingsFor


def main() -> None:
    """Publish and read three messages."""
    asyncioreactor.install()
    from twisted.internet import reactor as installed

    from twistchat.journal.jetstream.nats import NatsStream

    for module, name, value in patience():
        setattr(module, name, value)
    reactor: Any = installed
    with TemporaryDirectory() as folder:
        broker = single(Path(folder))
        broker.configure()
        broker.start()
        stream = NatsStream(settingsFor(broker), reactor)
        opened = stream.open()

        async def work() -> None:
            await opened
            numbers: list[int] = []
            third: Deferred[None] = Deferred()

            def receive(message: Any) -> None:
                numbers.append(message.sequence)
                if message.sequence == 3:
                    third.callback(None)

            stream.read(0, receive, print)
            for text in (b"a", b"b", b"c"):
                await stream.publish(text, text.decode())
            await third
            sys.stdout.write(f"{numbers}\n")

        def end(problem: object) -> None:
            if isinstance(problem, Failure):
                problem.printTraceback(sys.stderr)
            stream.close().addBoth(lambda _: reactor.stop())

        ensureDeferred(work()).addTimeout(WAIT, reactor).addBoth(end)
        reactor.run()
        broker.kill()


if __name__ == "__main__":
    main()

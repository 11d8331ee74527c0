"""
Tags for lines that are written already: the label of the request that they answer, and the batch that they are in
(IRCv3 labeled-response, batch).
"""

from __future__ import annotations

from twistchat.wire.irc.message import Unwritable, parse, serialize, writeTags


def withTag(data: bytes, key: str, value: str) -> bytes:
    """
    Put one more tag on the first line: on the only one, or on the one that opens a batch.

    It comes before all others, so that no client-only tag can push it out (message-tags, "Client-only tags").

    @param data: a line, or a batch as a dialect writes it.
    @raise Unwritable: this is no tag.
    """
    tag = writeTags({key: value}).encode()
    return b"@%b;%b" % (tag, data[1:]) if data[:1] == b"@" else b"@%b %b" % (tag, data)


def inBatch(data: bytes, reference: str) -> bytes:
    """
    Put lines into a batch.

    What is in a batch of its own already stays there; the lines that open and close that one are put into the outer
    (batch, "The BATCH verb").

    @param data: whole lines.
    @param reference: the batch, which the caller opens and closes.
    """
    return b"".join(
        [line if "batch" in parse(line[:-2]).tags else withTag(line, "batch", reference) for line in _cut(data)]
    )


def isOne(data: bytes) -> bool:
    """
    Whether lines are one logical message: a single line, or a single batch (labeled-response, "Tags").

    @param data: whole lines; not empty.
    """
    lines = _cut(data)
    if len(lines) == 1:
        return True
    first, last = parse(lines[0][:-2]), parse(lines[-1][:-2])
    return (
        first.command == last.command == "BATCH"
        and first.params[0][:1] == "+"
        and last.params[0] == f"-{first.params[0][1:]}"
    )


def labelled(data: bytes, label: str, source: str, reference: str) -> bytes:
    """
    Make lines the answer to a labelled request (labeled-response, "Tags" and "The ACK response").

    @param data: whole lines; empty where there is nothing to say, which is said with ACK.
    @param label: the client's.
    @param source: the server's name.
    @param reference: for the batch that holds the lines where they are several: no open batch is called that.
    """
    if not data:
        return serialize("ACK", (), source, {"label": label})
    if isOne(data):
        return withTag(data, "label", label)
    return b"".join(
        (
            serialize("BATCH", (f"+{reference}", "labeled-response"), source, {"label": label}),
            inBatch(data, reference),
            serialize("BATCH", (f"-{reference}",), source),
        )
    )


def _cut(data: bytes) -> list[bytes]:
    if data[-2:] != b"\r\n":
        raise Unwritable(f"{data[-20:]!r} does not end a line")
    return [line + b"\r\n" for line in data[:-2].split(b"\r\n")]

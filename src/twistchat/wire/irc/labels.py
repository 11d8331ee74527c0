"""
Add tags to rendered lines: the label of the request that they answer, and the batch that they belong to (IRCv3
labeled-response, batch).
"""

from __future__ import annotations

from twistchat.wire.irc.message import Unwritable, parse, serialize, writeTags


def withTag(data: bytes, key: str, value: str) -> bytes:
    """
    Add a tag to the first line.

    The tag precedes all others, so that no client-only tag can displace it (message-tags, "Client-only tags").

    @param data: a line, or the lines of a batch.
    @raise Unwritable: the key or the value is not valid.
    """
    return _tagged(data, writeTags({key: value}).encode())


def inBatch(data: bytes, reference: str) -> bytes:
    """
    Add lines to a batch.

    Lines that are in a batch already stay in it; the lines that open and close that batch join the outer one (batch,
    "The BATCH verb").

    @param data: whole lines.
    @param reference: the outer batch's reference.  The caller opens and closes that batch.
    """
    tag = writeTags({"batch": reference}).encode()
    if b"batch=" not in data:  # no line is in a batch, so that none has to be parsed
        return b"".join([_tagged(line, tag) for line in _cut(data)])
    return b"".join([line if "batch" in parse(line[:-2]).tags else _tagged(line, tag) for line in _cut(data)])


def isOne(data: bytes) -> bool:
    """
    Whether lines form one logical message: a single line, or a single batch (labeled-response, "Tags").

    @param data: whole lines, at least one.
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
    Turn lines into the answer to a labelled request (labeled-response, "Tags" and "The ACK response").

    @param data: whole lines.  If there are none, the answer is ACK.
    @param label: the label that the client chose.
    @param source: the server's name.
    @param reference: the reference of the batch for several lines; no open batch has it.
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


def _tagged(data: bytes, tag: bytes) -> bytes:
    return b"@%b;%b" % (tag, data[1:]) if data[:1] == b"@" else b"@%b %b" % (tag, data)


def _cut(data: bytes) -> list[bytes]:
    if data[-2:] != b"\r\n":
        raise Unwritable(f"{data[-20:]!r} does not end a line")
    return [line + b"\r\n" for line in data[:-2].split(b"\r\n")]

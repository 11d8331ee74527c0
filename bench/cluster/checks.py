"""
The checks of what the witnesses wrote down and of the copies.  Sans-I/O.

Each check returns what it misses, in a few words each, and nothing if all is well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bench.cluster.messages import Text
from bench.cluster.observed import Fate, Fault, Heard, Leaving, Stream

RESUMING, REFUSING, EQUAL = 10.0, 5.0, 10.0
"""
The marks, in seconds: how long writing may stand still, how long a text may be without an answer, and when all copies
must be equal after the end.
"""

SPARE = 2.0
"""How much longer than L{RESUMING} writing is watched after a fault, in seconds."""

EXAMPLES = 3
"""How many examples a miss names."""

Rooms = Mapping[str, Sequence[Heard]]
"""The texts of each room in a copy, in order."""


def checkLost(fates: Iterable[Fate], rooms: Rooms) -> list[str]:
    """Every acknowledged text is in the copy, in its room and with the message id that its sender was told."""
    stored = {(room, *heard) for room, texts in rooms.items() for heard in texts}
    lost = [fate.text for fate in fates if fate.taken and (fate.room, fate.msgid, fate.text) not in stored]
    return _missed("acknowledged texts are not in the copies", lost)


def checkDoubled(rooms: Rooms) -> list[str]:
    """No text is in the copy twice."""
    counts = Counter(text for texts in rooms.values() for _, text in texts)
    return _missed("texts are in the copies twice", [text for text, count in counts.items() if count > 1])


def checkContradicted(fates: Iterable[Fate], rooms: Rooms) -> list[str]:
    """No text that the server refused is in the copy, and none that nobody sent."""
    stored = {text for texts in rooms.values() for _, text in texts}
    sent = {fate.text: fate for fate in fates}
    refused = [text for text in stored if text in sent and sent[text].answer in {"refused", "denied"}]
    strange = [text for text in stored if text not in sent]
    return _missed("refused texts are in the copies", refused) + _missed("texts that nobody sent are there", strange)


def checkSendersOrder(fates: Iterable[Fate], rooms: Rooms) -> list[str]:
    """The acknowledged texts of a writer are in the copy in the order in which it sent them."""
    places = {text: place for texts in rooms.values() for place, (_, text) in enumerate(texts)}
    last: dict[int, tuple[int, Text]] = {}
    wrong = []
    for fate in fates:
        place = places.get(fate.text)
        if fate.taken and place is not None:
            writer = fate.text[0]
            if writer in last and place < last[writer][0]:
                wrong.append(fate.text)
            last[writer] = place, fate.text
    return _missed("texts are stored before an earlier one of their writer", wrong)


def checkOrder(streams: Iterable[Stream], rooms: Rooms) -> list[str]:
    """
    Every connection was shown the texts of a room in the order of the copy, each once.  What was sent to it live has no
    gaps; neither has an answer to a question for history.
    """
    places = {room: {text: place for place, (_, text) in enumerate(texts)} for room, texts in rooms.items()}
    ids = {room: {text: msgid for msgid, text in texts} for room, texts in rooms.items()}
    found: list[str] = []
    for stream in streams:
        known, msgids = places.get(stream.room, {}), ids.get(stream.room, {})
        who = f"{stream.client} on {stream.node} in {stream.room}, {stream.kind}"
        strange = [text for _, text in stream.heard if text not in known]
        found += _missed(f"texts were shown that are not in the copies ({who})", strange)
        other = [text for msgid, text in stream.heard if msgid and msgids.get(text, msgid) != msgid]
        found += _missed(f"texts were shown with another message id ({who})", other)
        shown = [(known[text], text) for _, text in stream.heard if text in known]
        steps = [(after - before, text) for (before, _), (after, text) in pairwise(shown)]
        found += _missed(f"texts were shown twice ({who})", [text for step, text in steps if step == 0])
        found += _missed(f"texts were shown in another order ({who})", [text for step, text in steps if step < 0])
        found += _missed(f"gaps are in what was shown ({who}), before", [text for step, text in steps if step > 1])
    return found


def checkLeavings(leavings: Iterable[Leaving], rooms: Iterable[str]) -> list[str]:
    """All clients saw a user leave at the same place in the order of each room: after the same text."""
    places: dict[tuple[str, str], dict[Text, str]] = {}
    for leaving in leavings:
        for room in rooms:
            if room in leaving.after:
                places.setdefault((leaving.nick, room), {}).setdefault(leaving.after[room], leaving.client)
    found = {}
    for (nick, room), seen in places.items():
        if len(seen) > 1:
            where = ", ".join(f"{client} after {text[0]}.{text[1]}" for text, client in seen.items())
            found[nick] = f"{nick} left {room} at different places: {where}"
    return list(found.values())


def checkHistories(histories: Mapping[str, Rooms], rooms: Rooms) -> list[str]:
    """The history of each node has exactly the texts of the copies."""
    found = []
    for node, history in histories.items():
        for room, texts in rooms.items():
            shown = list(history.get(room, ()))
            if shown != list(texts):
                gone = set(texts).difference(shown)
                found += _missed(f"texts are not in the history of {node}", [text for _, text in gone])
                if not gone:
                    found.append(f"the history of {node} has other texts or another order in {room}")
    return found


def checkFilled(streams: Iterable[Stream], rooms: Rooms) -> list[str]:
    """
    What an IRC client was shown, live and on asking after each return, is all that was said since it first came.

    @param streams: those of IRC clients, who ask for what they missed.
    """
    shown: dict[tuple[str, str], set[Text]] = {}
    for stream in streams:
        shown.setdefault((stream.client, stream.room), set()).update(text for _, text in stream.heard)
    found = []
    for (client, room), texts in shown.items():
        order = [text for _, text in rooms.get(room, ())]
        first = next((place for place, text in enumerate(order) if text in texts), len(order))
        found += _missed(f"texts never reached {client}", [text for text in order[first:] if text not in texts])
    return found


def checkAnswered(fates: Iterable[Fate], faults: Sequence[Fault], until: float) -> list[str]:
    """
    Every text has an answer within L{REFUSING}, unless its node's process did not run meanwhile.

    @param until: when the writers stopped waiting.
    """
    late = []
    for fate in fates:
        end = min(fate.at, until)
        if end - fate.sent > REFUSING or (fate.answer is None and fate.at > until):
            if not excused(fate, faults, end):
                late.append(fate.text)
    return _missed(f"texts had no answer within {REFUSING:g} s", late)


def excused(fate: Fate, faults: Iterable[Fault], end: float) -> bool:
    """
    Whether the process of a node did not run while a text waited for its answer, or shortly before.

    @param end: when there was an answer, or nobody waited for it any more.
    """
    return any(fate.node in fault.mute and fault.begin < end and fault.end > fate.sent - REFUSING for fault in faults)


def checkResumed(fates: Sequence[Fate], faults: Sequence[Fault], nodes: Iterable[str], until: float) -> list[str]:
    """
    Writing stands still for at most L{RESUMING}: on the nodes that a fault leaves alone, from its beginning; on the
    others, from its end.

    @param until: when the writers stopped.
    """
    found = []
    for fault in faults:
        for node in nodes:
            since, end = watched(fault, faults, node, until)
            pause = longestPause(fates, node, since, end)
            if pause > RESUMING:
                found.append(f"writing on {node} stood still for {pause:.1f} s ({fault.words})")
    return found


def watched(fault: Fault, faults: Iterable[Fault], node: str, until: float) -> tuple[float, float]:
    """
    Return from when and until when a node must write after a fault: up to some seconds after its end, but not into the
    next one.

    @param until: when the writers stopped.
    """
    later = [other.begin for other in faults if other.begin > fault.begin]
    since = fault.end if node in fault.out else fault.begin
    return since, max(since, min(until, fault.end + RESUMING + SPARE, *later))


def longestPause(fates: Iterable[Fate], node: str, since: float, until: float) -> float:
    """
    Return the longest time in which no text of a node was acknowledged, in seconds.

    @param since: the beginning of what is looked at.
    @param until: its end.
    """
    times = sorted(fate.at for fate in fates if fate.taken and fate.node == node and since < fate.at < until)
    marks = [since, *times, until]
    return max(after - before for before, after in pairwise(marks))


def checkCopies(copies: Mapping[str, object]) -> list[str]:
    """
    All copies are equal.

    @param copies: what each node's copy has, in a form that can be compared, such as a digest.
    """
    values = list(copies.values())
    if all(value == values[0] for value in values):
        return []
    return [f"the copies differ: {', '.join(f'{node} {value}' for node, value in copies.items())}"]


def checkMinority(fates: Iterable[Fate], faults: Iterable[Fault]) -> list[str]:
    """
    A node that is cut off acknowledges nothing that was sent after the cut, until that is over.  A node whose process
    was stopped may have acknowledged something before its end.
    """
    taken = [
        fate.text
        for fate in fates
        for fault in faults
        if fate.taken and fate.node in fault.out - fault.mute and fault.begin < fate.sent and fate.at < fault.end
    ]
    return _missed("texts were acknowledged by a node that was cut off", taken)


def _missed(words: str, texts: Sequence[Text]) -> list[str]:
    """Return a miss with some examples; nothing if there are none."""
    if not texts:
        return []
    examples = ", ".join(f"{writer}.{number}" for writer, number in texts[:EXAMPLES])
    return [f"{len(texts)} {words}: {examples}"]

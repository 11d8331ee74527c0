"""Tests of searching."""

from __future__ import annotations

from twistchat.chat.model.events import PrivateMessage, Source, TopicSet
from twistchat.chat.model.spans import At, Search, pair
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class SearchContract(OpenedJournal):
    """A search finds texts by their words."""

    def test_search(self) -> None:
        """A text must contain all words, as whole words, in any order.  Case and diacritics are ignored."""
        texts = [
            "The quick brown fox",
            "a BROWN dog",
            "Café brown-eyed",
            "don't panic",
            "browning",
            "тихий ДОМ",
            "ΛΌΓΟΣ",
            "haha🤣 🙂yes 👍🏽ok",
        ]
        self.append(*map(said, texts))
        self.append(said("brown elsewhere", "#other"))
        self.assertEqual(self.search("brown"), [texts[0], texts[1], texts[2]])
        self.assertEqual(self.search("fox THE"), [texts[0]])
        self.assertEqual(self.search("cafe"), [texts[2]])
        self.assertEqual(self.search("CAFÉ"), [texts[2]])
        self.assertEqual(self.search("don't"), [texts[3]])
        self.assertEqual(self.search("panic don"), [texts[3]])
        self.assertEqual(self.search("panic'don"), [])
        self.assertEqual(self.search("дом"), [texts[5]])
        self.assertEqual(self.search("λόγος"), [texts[6]])
        for word in ("haha", "yes", "ok", "haha🙃"):
            self.assertEqual(self.search(word), [texts[7]])
        self.assertEqual(self.search("fox dog"), [])

    def test_searchKinds(self) -> None:
        """Actions and notices are found.  Topics and names are not."""
        self.append(said("waves brown", kind="action"), said("brown note", kind="notice"))
        self.append(TopicSet(ANN, "#room", "brown topic"))
        self.assertEqual(self.search("brown"), ["waves brown", "brown note"])
        self.assertEqual(self.search("ann"), [])
        self.assertEqual(self.search("room"), [])

    def test_searchPages(self) -> None:
        """A search finds the newest texts, sorted oldest first.  C{before} gives the next page."""
        entries = self.append(*(said(f"word {number}") for number in range(7)))
        self.assertEqual(self.search("word", 3), ["word 4", "word 5", "word 6"])
        self.assertEqual(self.search("word", 3, before=entries[4].sequence), ["word 1", "word 2", "word 3"])
        self.assertEqual(self.search("word", 3, before=entries[1].sequence), ["word 0"])
        self.assertEqual(self.search("word", 3, before=entries[0].sequence), [])

    def test_searchAnything(self) -> None:
        """No character has a special meaning.  If no word has a letter or a digit, nothing is found."""
        self.append(said('say "hello" to AND or NEAR text:x'))
        for words in ('"', "*", "()", "'", "\u0000", "-", "^", "{}", "\ud800", "☃"):
            self.assertEqual(self.search(words), [], words)
        for words in ('"hello', "hello*", "(hello", "AND", "NEAR say", "text:x", "-hello", "^say", "say\u0000"):
            self.assertEqual(len(self.search(words)), 1, words)

    def test_searchPrivately(self) -> None:
        """A search for an account includes its private conversations, and no others."""
        self.append(
            said("secret room"),
            PrivateMessage(ANN, "s1", BOB, "secret one"),
            PrivateMessage(BOB, "s2", ANN, "secret two"),
        )
        self.append(PrivateMessage(GUEST, "s3", BOB, "secret guest"))
        self.assertEqual(self.search("secret"), ["secret room"])
        self.assertEqual(self.search("secret", account="BOB"), ["secret room", "secret one", "secret two"])
        self.assertEqual(self.search("secret", account="carol"), ["secret room"])
        self.assertEqual(self.search("secret", account="an"), ["secret room"])
        self.assertEqual(self.found(Search("secret", 5, {})), [])

    def test_searchPair(self) -> None:
        """A private conversation can be searched alone."""
        carol = Source("u4", "Carol", account="Carol")
        self.append(PrivateMessage(ANN, "s1", BOB, "tea one"), PrivateMessage(ANN, "s1", carol, "tea two"))
        self.append(PrivateMessage(carol, "s2", BOB, "tea three"), PrivateMessage(ANN, "s1", ANN, "tea myself"))
        self.assertEqual(self.search("tea", room=pair("ann", "bob")), ["tea one"])
        self.assertEqual(self.search("tea", room=pair("bob", "carol")), ["tea three"])
        self.assertEqual(self.search("tea", room=pair("ann", "ann")), ["tea myself"])
        self.assertEqual(self.search("tea", room=pair("an", "bob")), [])

    def test_searchSender(self) -> None:
        """A sender is found by the nick and by the account, in any case."""
        away = Source("u1", "Ann|away", "~ann", "ann.cloak", "Ann")
        self.append(said("tea one"), said("tea two", source=BOB), said("tea three", source=away))
        self.append(said("tea four", source=GUEST), PrivateMessage(BOB, "s2", ANN, "tea five"))
        self.assertEqual(self.search("tea", sender="ANN"), ["tea one", "tea three"])
        self.assertEqual(self.search("tea", sender="ann|AWAY"), ["tea three"])
        self.assertEqual(self.search("tea", sender="guest"), ["tea four"])
        self.assertEqual(self.search("tea", sender="bob", account="ann"), ["tea two", "tea five"])
        self.assertEqual(self.search("tea", sender="an"), [])
        self.assertEqual(self.search("tea", sender='"'), [])

    def test_searchFiltersOnly(self) -> None:
        """Without words, all texts that fit the filters are found."""
        self.append(said("one"), TopicSet(ANN, "#room", "topic"), said("two", source=BOB), said("☃"))
        self.assertEqual(self.search(""), ["one", "two", "☃"])
        self.assertEqual(self.search("  ", sender="ann"), ["one", "☃"])
        self.assertEqual(self.search("☃", sender="ann"), [])
        self.assertEqual(self.search("", 1, sender="ann"), ["☃"])

    def test_searchBetween(self) -> None:
        """Both ends of a range are exclusive, and each is a sequence number or a time."""
        entries = []
        for number in range(6):
            entries += self.append(said(f"tea {number}"))
            self.time += 1
        second, fifth = entries[1], entries[4]
        for after, before in (
            (second.sequence, fifth.sequence),
            (At(second.time), At(fifth.time)),
            (At(second.time), fifth.sequence),
        ):
            self.assertEqual(self.search("tea", after=after, before=before), ["tea 2", "tea 3"])
        self.assertEqual(self.search("tea", after=At(fifth.time)), ["tea 5"])
        self.assertEqual(self.search("tea", before=At(second.time)), ["tea 0"])
        self.assertEqual(self.search("tea", after=fifth.sequence, before=second.sequence), [])
        self.assertEqual(self.search("tea", after=At(fifth.time + 9999)), [])

    def test_searchOldest(self) -> None:
        """C{oldest} selects the other end of a range.  The result is sorted in the same way."""
        entries = self.append(*(said(f"tea {number}") for number in range(6)))
        self.assertEqual(self.search("tea", 2, oldest=True), ["tea 0", "tea 1"])
        self.assertEqual(self.search("tea", 2, after=entries[1].sequence, oldest=True), ["tea 2", "tea 3"])
        self.assertEqual(self.search("tea", 2, after=entries[1].sequence), ["tea 4", "tea 5"])

    def test_searchFirst(self) -> None:
        """Each conversation begins at the first entry that the reader may see.  A page is full if enough texts fit."""
        entries = self.append(*(said(f"tea {number}", room) for number in range(4) for room in ("#Room", "#other")))
        places = {"#room": entries[2].sequence, "#other": entries[5].sequence}
        seen = [entries[2], entries[4], entries[5], entries[6], entries[7]]
        self.assertEqual(self.found(Search("tea", 10, places)), seen)
        self.assertEqual(self.found(Search("tea", 3, places, oldest=True)), seen[:3])
        self.assertEqual(self.found(Search("tea", 3, places, before=entries[6].sequence)), seen[:3])
        self.append(PrivateMessage(ANN, "s1", BOB, "tea alone"))
        self.assertEqual(len(self.found(Search("tea", 10, places, "ann"))), 6)

    def test_searchParts(self) -> None:
        """In scripts without spaces, a search finds parts of words."""
        chinese, japanese, thai = "今天天气很好，我们去公园", "東京タワーに行きました", "วันนี้อากาศดีมาก"
        korean, mixed = "학교에서 만나요", "我的iPhone手机 don't work"
        texts = [chinese, japanese, thai, korean, mixed]
        self.append(*map(said, texts))
        for word in ("天气", "今天天气", "天气很好", "公园", "园", "今", "好", "公 天气", "今天天气很好，我们"):
            self.assertEqual(self.search(word), [chinese], word)
        for word in ("東京", "タワー", "ワ", "に行き", "した"):
            self.assertEqual(self.search(word), [japanese], word)
        for word in ("อากาศ", "วันนี้", "ดี", "ก", "มาก"):
            self.assertEqual(self.search(word), [thai], word)
        for word in ("학교", "만나", "교"):
            self.assertEqual(self.search(word), [korean], word)
        for word in ("iphone", "手机", "iPhone手机", "机 work", "DON'T", "手机iPhone"):
            self.assertEqual(self.search(word), [mixed], word)
        self.assertEqual(self.search("我"), [chinese, mixed])
        for word in ("天好", "好我", "气天", "phone", "手work天", "天气 work", "e4bb8a"):
            self.assertEqual(self.search(word), [], word)

    def test_searchLongParts(self) -> None:
        """A text of the greatest size is found by any part of it, and by all of it."""
        text = "".join(chr(0x4E00 + number) for number in range(1365))
        self.append(said(text), said(text[:700]))
        self.assertEqual(self.search(text), [text])
        self.assertEqual(self.search(text[1360:]), [text])
        self.assertEqual(len(self.search(text[100:600])), 2)

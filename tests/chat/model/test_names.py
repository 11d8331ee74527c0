"""Tests for L{twistchat.chat.model.names}."""

from __future__ import annotations

import sys
from unicodedata import category, normalize
from unicodedata import name as nameOf

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import BadNick, BadRoomName
from twistchat.chat.model.names import (
    DEFAULT_RESERVED,
    INVISIBLE,
    NICK_CATEGORIES,
    NICK_SPECIALS,
    ROOM_DELIMITERS,
    fold,
    normalizeNick,
    normalizeRoom,
    reserve,
    skeleton,
)

steady = settings(max_examples=300)
"""The same examples in every run, and no opinion on how long one takes."""

nickTexts = st.builds(
    str.__add__,
    st.characters(categories=("Lu", "Ll", "Lt", "Lm", "Lo")),
    st.text(st.characters(categories=("L", "Mn", "Mc", "Nd"), include_characters="[]\\`_^{|}-"), max_size=30),
)
"""Text of the characters that nicks are made of."""

confusing = st.text(
    st.sampled_from(
        "aAiIlLmMoOnNvVyY01|rn_" + "аАвВгГнНтТυΥνΝγΓβΒηΗİıßẞſœƏə" + "ｍ０𝐦①ﬁǅ" + "\u0301\u0307\u0323\u0345" + "ا١語"
    ),
    max_size=8,
)
"""Text of the letters that have given trouble."""


def whyNick(text: str, limit: int = 32) -> str:
    """Return why a nick is refused."""
    try:
        nick = normalizeNick(text, limit)
    except BadNick as error:
        return error.why
    raise AssertionError(f"{text!a} was taken, as {nick!a}")


def whyRoom(text: str, limit: int = 64) -> str:
    """Return why a room name is refused."""
    try:
        room = normalizeRoom(text, limit)
    except BadRoomName as error:
        return error.why
    raise AssertionError(f"{text!a} was taken, as {room!a}")


SCRIPTS = {
    "Greek": "Ελένη",
    "Greek with breathings": "Ὀδυσσεύς",
    "Cyrillic": "Владимир",
    "Cyrillic of the Ukraine": "Їжак",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
    "Hebrew": "דָּוִד",
    "Arabic": "محمّد",
    "Persian": "پژمان",
    "Devanagari": "क्षितिज",
    "Bengali": "বাংলা",
    "Tamil": "தமிழ்",
    "Thai": "สมชาย",
    "Thai with tone marks": "น้ำผึ้ง",
    "Burmese": "မြွှောက်",
    "Khmer": "ខ្មែរ",
    "Tibetan": "བསྒྲུབས",
    "Amharic": "አበበ",
    "Chinese": "王小明",
    "Japanese": "さくらサクラ桜",
    "Korean": "김철수",
    "Vietnamese": "Nguyễn",
    "Latin with marks": "Łukasz_Żółć",
    "Turkish": "İlkerı",
    "digits of a script": "علي٢٠",
    "beyond the BMP": "𐐔𐐯𐑅",
}


class FoldTests(SynchronousTestCase):
    """Tests for L{fold}."""

    def test_ascii(self) -> None:
        """A to Z become lower case, and nothing else changes."""
        self.assertEqual(fold("ABCXYZabc019[]\\^{}|~"), "abcxyzabc019[]\\^{}|~")

    def test_onlyAscii(self) -> None:
        """
        Letters outside ASCII keep their case, also among ASCII letters.  The Kelvin sign and the dotted I have lower
        case letters in ASCII, which they must not get.
        """
        kept = "À É Ελένη ΝΊΚΟΣ ЖУК \N{KELVIN SIGN} İ ẞ"
        self.assertEqual(fold(f"ALICE {kept}"), f"alice {kept}")

    @steady
    @given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "C"))))
    def test_everyText(self, text: str) -> None:
        """Every text, including lone surrogates, folds as by a table of 26 letters.  Folding twice changes nothing."""
        table = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
        self.assertEqual(fold(text), text.translate(table))
        self.assertEqual(fold(fold(text)), fold(text))

    @steady
    @given(nickTexts)
    def test_staysNormal(self, text: str) -> None:
        """Text in NFC stays in NFC when folded."""
        composed = normalize("NFC", text)
        self.assertEqual(normalize("NFC", fold(composed)), fold(composed))


class NickTests(SynchronousTestCase):
    """Tests for L{normalizeNick}."""

    def test_ascii(self) -> None:
        """Letters, digits, hyphens and the specials of RFC 2812 are valid; a nick may begin with a special."""
        for nick in ("a", "Alice", "alice-2", "[]\\`_^{|}-", "_1", "`x`", "a" * 32):
            self.assertEqual(normalizeNick(nick), nick)

    def test_scripts(self) -> None:
        """Letters of any script are valid, with their marks."""
        for script, nick in SCRIPTS.items():
            composed = normalize("NFC", nick)
            self.assertEqual(normalizeNick(nick), composed, script)
            self.assertEqual(normalizeNick(normalize("NFD", nick)), composed, script)

    def test_composes(self) -> None:
        """The display form is in NFC, and its length counts."""
        self.assertEqual(normalizeNick("Zoe\u0308"), "Zo\xeb")
        self.assertEqual(normalizeNick("e\u0308" * 4, limit=4), "\xeb" * 4)
        self.assertEqual(whyNick("e\u0308" * 5, limit=4), "is longer than 4 characters (it has 5)")

    def test_composesFour(self) -> None:
        """Characters that are composed of four, the maximum, count composed."""
        self.assertEqual(normalizeNick(normalize("NFD", "\u1f82" * 8), limit=8), "\u1f82" * 8)

    def test_empty(self) -> None:
        """An empty nick is refused."""
        self.assertEqual(whyNick(""), "is empty")

    def test_long(self) -> None:
        """The error about a long nick has the limit and the length."""
        self.assertEqual(whyNick("ab", limit=1), "is longer than 1 character (it has 2)")
        self.assertEqual(whyNick("a" * 40), "is longer than 32 characters (it has 40)")
        self.assertEqual(whyNick("a" * 5000, limit=9), "is longer than 9 characters (it has 5000)")

    def test_beginning(self) -> None:
        """A nick does not begin with a digit of any script, a hyphen or a mark."""
        self.assertEqual(whyNick("1up"), "begins with a digit")
        self.assertEqual(whyNick("\N{DEVANAGARI DIGIT ONE}up"), "begins with a digit")
        self.assertEqual(whyNick("-up"), "begins with a hyphen")
        self.assertEqual(whyNick("\u0301up"), "begins with U+0301 COMBINING ACUTE ACCENT, which belongs on a letter")

    def test_named(self) -> None:
        """The error names the first wrong character."""
        for character, described in {
            " ": "a space",
            "!": "'!'",
            '"': "'\"'",
            "'": '"\'"',
            ".": "'.'",
            "\xa0": "U+00A0 NO-BREAK SPACE",
            "\u202e": "U+202E RIGHT-TO-LEFT OVERRIDE",
            "\u200b": "U+200B ZERO WIDTH SPACE",
            "\xad": "U+00AD SOFT HYPHEN",
            "\u3164": "U+3164 HANGUL FILLER",
            "\ufe0f": "U+FE0F VARIATION SELECTOR-16",
            "\x07": "U+0007 (a control character)",
            "\x9b": "U+009B (a control character)",
            "\ue000": "U+E000 (a private-use character)",
            "\ud800": "U+D800 (half a character)",
            "\u0378": "U+0378 (not assigned)",
            "€": "U+20AC EURO SIGN",
            "☺": "U+263A WHITE SMILING FACE",
            "½": "U+00BD VULGAR FRACTION ONE HALF",
            "\u20dd": "U+20DD COMBINING ENCLOSING CIRCLE",
        }.items():
            self.assertEqual(whyNick(f"ali{character}ce ?"), f"has {described} in it")

    def test_asciiRefused(self) -> None:
        """Of ASCII, only letters, digits, the specials and the hyphen are valid."""
        for character in map(chr, range(128)):
            if character.isalnum() or character in "[]\\`_^{|}-":
                self.assertEqual(normalizeNick(f"a{character}"), f"a{character}")
            else:
                self.assertIn(" in it", whyNick(f"a{character}"))

    @steady
    @given(st.characters(exclude_categories=("L", "Mn", "Mc", "Nd"), exclude_characters="[]\\`_^{|}-"))
    def test_categories(self, character: str) -> None:
        """Other characters must be letters, marks that follow a letter, or decimal digits."""
        if normalize("NFC", character) == character:
            self.assertIn(" in it", whyNick(f"a{character}b"))

    def test_halves(self) -> None:
        """A lone surrogate is refused, and the error can be encoded."""
        for point in range(0xD800, 0xE000):
            with self.assertRaises(BadNick) as caught:
                normalizeNick(f"a{chr(point)}")
            f"{caught.exception.nick} {caught.exception.why}".encode()

    def test_invisible(self) -> None:
        """Invisible letters and marks are refused."""
        for character in INVISIBLE:
            self.assertIn(f"has U+{ord(character):04X}", whyNick(f"a{character}b"))

    def test_everyInvisible(self) -> None:
        """
        These are the fillers, the blanks, and the characters that select or join shapes, and no others with a name.
        """
        names = [
            "BRAILLE PATTERN BLANK",
            "COMBINING GRAPHEME JOINER",
            "EGYPTIAN HIEROGLYPH FULL BLANK",
            "EGYPTIAN HIEROGLYPH HALF BLANK",
            "HALFWIDTH HANGUL FILLER",
            "HANGUL CHOSEONG FILLER",
            "HANGUL FILLER",
            "HANGUL JUNGSEONG FILLER",
            "KHITAN SMALL SCRIPT FILLER",
            "KHMER VOWEL INHERENT AA",
            "KHMER VOWEL INHERENT AQ",
            *(f"MONGOLIAN FREE VARIATION SELECTOR {number}" for number in ("ONE", "TWO", "THREE", "FOUR")),
            "MONGOLIAN VOWEL SEPARATOR",
            "MUSICAL SYMBOL NULL NOTEHEAD",
            *(f"VARIATION SELECTOR-{number}" for number in range(1, 257)),
        ]
        known = {nameOf(character) for character in INVISIBLE if nameOf(character, "")}
        self.assertLessEqual(known, set(names))
        self.assertEqual(len(INVISIBLE), len(names))
        # Python 3.11 does not know the two Egyptian blanks yet.
        self.assertLessEqual({name for name in names if "EGYPTIAN" not in name}, known)

    def test_stacks(self) -> None:
        """A letter may have up to four marks, which are counted decomposed."""
        marks = "\u0323\u0331\u0302\u0301\u0308"
        self.assertEqual(normalizeNick(f"x{marks[:4]}z{marks[1:]}"), normalize("NFC", f"x{marks[:4]}z{marks[1:]}"))
        self.assertEqual(whyNick(f"x{marks}"), "has more than 4 marks on one letter")
        # NFC makes one character of the first two of these.
        self.assertEqual(whyNick(f"e{marks}"), "has more than 4 marks on one letter")

    def test_errorShown(self) -> None:
        """The error has the requested nick without unprintable characters, and shortens a very long one."""
        for asked, shown in {
            "al!ce": "al!ce",
            "a b": "a b",
            "Zoe\u0308?": "Zoe\u0308?",
            "a\r\nb\x1b[2J": "a\ufffd\ufffdb\ufffd[2J",
            "a\u202eb\u200b\u3164": "a\ufffdb\ufffd\ufffd",
            "a" * 65: "a" * 64 + "…",
            "a" * 64: "a" * 64,
        }.items():
            with self.assertRaises(BadNick) as caught:
                normalizeNick(asked)
            self.assertEqual(caught.exception.nick, shown)

    @steady
    @given(nickTexts)
    def test_displayForm(self, text: str) -> None:
        """An accepted nick is in NFC, within the limit, and is accepted again unchanged."""
        try:
            nick = normalizeNick(text)
        except BadNick:
            return
        self.assertEqual(nick, normalize("NFC", text))
        self.assertLessEqual(len(nick), 32)
        self.assertEqual(normalizeNick(nick), nick)

    @steady
    @given(st.text(max_size=40))
    def test_anyText(self, text: str) -> None:
        """Any text is either a nick of permitted characters, or refused."""
        try:
            nick = normalizeNick(text)
        except BadNick:
            return
        for character in nick:
            self.assertTrue(category(character) in NICK_CATEGORIES or character in NICK_SPECIALS)


class RoomTests(SynchronousTestCase):
    """Tests for L{normalizeRoom}."""

    def test_taken(self) -> None:
        """A C{#} and any visible characters are a room name."""
        for room in (
            "#lobby",
            "##c++",
            "#1",
            "#a.b/c;d'e\"f",
            "#日本語",
            "#☕",
            "#🎉party",
            "#€",
            "###",
            "#" + "a" * 63,
        ):
            self.assertEqual(normalizeRoom(room), room)

    def test_scripts(self) -> None:
        """Words of any script are valid."""
        for script, word in SCRIPTS.items():
            self.assertEqual(normalizeRoom("#" + normalize("NFD", word)), "#" + normalize("NFC", word), script)

    def test_form(self) -> None:
        """A name begins with C{#}, has something after it, and is not too long."""
        self.assertEqual(whyRoom(""), "is empty")
        self.assertEqual(whyRoom("lobby"), "does not begin with #")
        self.assertEqual(whyRoom("&lobby"), "does not begin with #")
        self.assertEqual(whyRoom("\N{FULLWIDTH NUMBER SIGN}lobby"), "does not begin with #")
        self.assertEqual(whyRoom("#"), "has nothing after its #")
        self.assertEqual(whyRoom("#" + "a" * 64), "is longer than 64 characters (it has 65)")
        self.assertEqual(whyRoom("#abcd", limit=4), "is longer than 4 characters (it has 5)")

    def test_mark(self) -> None:
        """A mark must follow a letter of the name."""
        self.assertEqual(
            whyRoom("#\u0338a"), "begins with U+0338 COMBINING LONG SOLIDUS OVERLAY, which belongs on a letter"
        )
        self.assertEqual(whyRoom("#a" + "\u0301" * 5), "has more than 4 marks on one letter")

    def test_named(self) -> None:
        """The error names the first wrong character."""
        for character, described in {
            " ": "a space",
            ",": "','",
            ":": "':'",
            "*": "'*'",
            "?": "'?'",
            "!": "'!'",
            "@": "'@'",
            "\0": "U+0000 (a control character)",
            "\r": "U+000D (a control character)",
            "\N{ZERO WIDTH JOINER}": "U+200D ZERO WIDTH JOINER",
            "\u2028": "U+2028 LINE SEPARATOR",
            "\u3000": "U+3000 IDEOGRAPHIC SPACE",
            "\u2800": "U+2800 BRAILLE PATTERN BLANK",
            "\ufe0f": "U+FE0F VARIATION SELECTOR-16",
        }.items():
            self.assertEqual(whyRoom(f"#tea{character}\x07"), f"has {described} in it")

    @steady
    @given(st.characters(categories=("C", "Z")))
    def test_unseen(self, character: str) -> None:
        """Control, format, private-use and unassigned characters and spaces are refused."""
        self.assertIn(" in it", whyRoom(f"#a{character}b"))

    @steady
    @given(st.characters(categories=("L", "N", "P", "S")))
    def test_seen(self, character: str) -> None:
        """Every visible character is valid, unless it is a delimiter or looks invisible."""
        character = normalize("NFC", character)
        if ROOM_DELIMITERS.isdisjoint(character) and INVISIBLE.isdisjoint(character):
            self.assertEqual(normalizeRoom(f"#{character}"), f"#{character}")
        else:
            self.assertIn(" in it", whyRoom(f"#{character}"))

    def test_errorShown(self) -> None:
        """The error has the name without unprintable characters."""
        with self.assertRaises(BadRoomName) as caught:
            normalizeRoom("#a\nb")
        self.assertEqual(caught.exception.room, "#a\ufffdb")


class SkeletonTests(SynchronousTestCase):
    """Tests for L{skeleton}."""

    def assertAlike(self, *names: str) -> None:
        """Assert that all of these look alike."""
        self.assertEqual({name: skeleton(name) for name in names}, dict.fromkeys(names, skeleton(names[0])))

    def test_ascii(self) -> None:
        """The skeleton of an ASCII name is that name in lower case: no two of its characters look alike."""
        for name in ("alice", "u10", "u1o", "userl", "user1", "b0b", "modem", "modern", "a|b", "[x]`^"):
            self.assertEqual(skeleton(name), name)
            self.assertEqual(skeleton(name.upper()), name)

    def test_asciiStandsForItself(self) -> None:
        """Every ASCII character stays in the skeleton, next to other characters."""
        for character in map(chr, range(128)):
            for other in ("語", "ж", "è"):
                self.assertEqual(skeleton(f"{other}{character}"), f"{skeleton(other)}{character.lower()}")

    def test_latinShapes(self) -> None:
        """Letters of other scripts that look like Latin ones become these."""
        for imitation, name in {
            "аlice": "ALICE",  # Cyrillic a
            "аӏісе": "alice",  # all Cyrillic
            "ВОВ": "Bob",  # Cyrillic capitals
            "Вob": "bob",  # a Cyrillic capital ve alone
            "Нarry": "harry",  # a Cyrillic capital en
            "Ηarry": "harry",  # a Greek capital eta
            "ΝΙΚΕ": "nike",  # Greek capitals
            "Νick": "nick",  # a Greek capital nu
            "νick": "vick",  # and a small one
            "Υuri": "yuri",  # a Greek capital upsilon
            "Ιan": "ian",  # a Greek capital iota
            "Іan": "Ian",  # a Cyrillic capital i
            "ϲarl": "carl",  # the lunate sigma
            "ſoe": "foe",  # the long s
            "ɑnnɑ": "anna",  # IPA
            "ʙob": "bob",  # a small capital
            "ΝΙКΟ": "niko",  # a Cyrillic ka among Greek
            "pоѕtmаѕtеr": "postmaster",  # Cyrillic o, s, a, e
            "ꓮꓡꓲꓚꓰ": "alice".replace("i", "l"),  # Lisu, whose i is a bare stroke
            "ᎠᎡ": "dr",  # Cherokee
            "ոս": "nu",  # Armenian
            "Νießen": "Nießen",  # a Greek capital nu with a letter that is Latin but not ASCII
            "Νəsib": "Nəsib",
            "Nәsib": "nəsib",  # the Cyrillic schwa
            "Неlène\u0301": "helène\u0301",  # marks do not hide it
            "Νi\u0317ck": "Ni\u0317ck",
            "Νick1": "Nick1",  # nor do digits,
            "#Νick§": "#Nick§",  # nor punctuation that is not ASCII
            "#Νick€": "#Nick€",
        }.items():
            self.assertAlike(imitation, name)

    def test_compatibilityForms(self) -> None:
        """Fullwidth and mathematical characters become ASCII, even if Unicode lists other look-alikes."""
        for imitation, name in {
            "ａｌｉｃｅ": "alice",
            "ＡＬＩＣＥ": "alice",
            "ｍｏｄｅｍ": "modem",
            "ｂ０ｂ": "b0b",
            "ｕ１": "u1",
            "［ｘ］｜＾": "[x]|^",
            "𝐚𝓵𝕚𝔠𝚎": "alice",
            "𝟏𝟎𝐦": "10m",
            "𝚴𝛪𝜥𝝚": "nike",
            "ℐ": "i",
            "Ⅿⅼ": "ml",
            "ﬁﬂ": "fifl",
            "ⓐ": "a",
        }.items():
            self.assertEqual(skeleton(imitation), name)

    def test_looksLikeM(self) -> None:
        """Unicode says that C{m} looks like C{rn}; here both become C{m}."""
        self.assertEqual(skeleton("\N{AHOM LETTER KA}e\N{WARANG CITI DIGIT THREE}o"), "memo")
        self.assertEqual(skeleton("\N{LATIN SMALL LETTER M WITH HOOK}"), "m\u0326")
        self.assertEqual(skeleton("\N{CYRILLIC CAPITAL LETTER EM}e"), "me")

    def test_case(self) -> None:
        """Names of any script that differ only in case look alike."""
        for names in (
            ("Вова", "вова", "ВОВА"),
            ("Тара", "тара", "ТАРА"),
            ("Борис", "борис", "БОРИС"),
            ("Бора", "бора"),
            ("Галина", "галина", "ГАЛИНА"),
            ("Юра", "юра", "ЮРА"),
            ("Νίκος", "νίκος", "ΝΊΚΟΣ"),
            ("Νικος", "νικος", "ΝΙΚΟΣ"),
            ("Σοφία", "σοφία", "ΣΟΦΊΑ"),
            ("Ύδρα_δ", "ύδρα_δ"),
            ("Straße", "STRASSE", "straße", "STRAẞE"),
            ("Łukasz", "ŁUKASZ"),
            ("Æon", "æon"),
            ("Ŋaŋa", "ŋaŋa"),
            ("Ɓala", "ɓala"),
            ("Ɛdem", "ɛdem"),
            ("Əli", "əli"),
            ("Արամ", "արամ"),
            ("𐐔𐐯𐑅", "𐐔𐐇𐐝"),
        ):
            self.assertAlike(*names)

    def test_otherScripts(self) -> None:
        """Names without Latin look-alikes have look-alikes too."""
        for names in (
            ("Галина", "Γалина"),  # a Greek gamma
            ("Влада", "Bлaдa"),  # some letters Latin
            ("ロ本", "口本"),  # katakana, and the Chinese character
            ("シニア", "シ二ア"),
            ("ｱｲ", "アイ"),  # halfwidth
            ("محمد", "ﻣﺤﻤﺪ"),  # presentation forms
            ("علي٤", "علي۴"),  # Arabic and Persian digits
            ("日々", "日々"),
        ):
            self.assertAlike(*names)

    def test_dots(self) -> None:
        """A dot on a letter that already has one is ignored."""
        self.assertAlike("ian", "İan", "ıan", "i\u0307an", "i\u0307\u0307an", "іan")
        self.assertNotEqual(skeleton("a\u0307"), skeleton("a"))

    def test_different(self) -> None:
        """Names that do not look alike have different skeletons."""
        names = [
            *("alice", "alicia", "al1ce", "allce", "user1", "userl", "modem", "modern", "bob", "b0b", "ana", "aña"),
            *("Zoe", "Zoë", "resume", "résumé", "Иван", "Иванна", "Жук", "Щука", "Ελένη", "Μαρία", "王小明", "王大明"),
            *("さくら", "サクラ", "김철수", "김철호", "محمد", "أحمد", "דוד", "דן", "สมชาย", "สมหญิง", "क्षितिज", "क्षिति"),
            *("#lobby", "##lobby", "#lobby☕", "#lobby☕☕", "#🎉", "#🎂", "#a+", "#a-"),
        ]
        self.assertEqual(len({skeleton(name) for name in names}), len(names))

    def test_rooms(self) -> None:
        """Signs have look-alikes too."""
        self.assertAlike("#a-b", "#a‐b", "#a－b", "#а-b")
        self.assertAlike("#it's", "#it’s")
        self.assertAlike("#Νick🎉", "#nick🎉")

    def test_everyCharacter(self) -> None:
        """A skeleton is its own skeleton, for every character that a name may contain."""
        for character in map(chr, range(128, sys.maxunicode + 1)):
            if category(character)[0] not in "CZ":
                for text in (character, f"ж{character}"):
                    bones = skeleton(text)
                    self.assertEqual(skeleton(bones), bones, ascii(text))

    @steady
    @given(st.one_of(st.text(), confusing, nickTexts))
    def test_skeletonOfSkeleton(self, text: str) -> None:
        """The skeleton of any skeleton is itself."""
        self.assertEqual(skeleton(skeleton(text)), skeleton(text))

    @steady
    @given(st.one_of(st.text(), confusing, nickTexts))
    def test_foldedAlike(self, text: str) -> None:
        """Equal names have equal skeletons."""
        self.assertEqual(skeleton(fold(text)), skeleton(text))
        self.assertEqual(skeleton("".join(c.upper() if c.isascii() else c for c in text)), skeleton(text))

    @steady
    @given(st.one_of(confusing, nickTexts))
    def test_normalForms(self, text: str) -> None:
        """The composition of characters does not matter."""
        self.assertEqual(skeleton(normalize("NFC", text)), skeleton(normalize("NFD", text)))


class ReserveTests(SynchronousTestCase):
    """Tests for L{reserve}."""

    def test_reserved(self) -> None:
        """A reserved name is taken in any case, and so are its look-alikes.  A name that contains it is free."""
        reserved = reserve(["NickServ", "irc.example.org"])
        for nick in ("NickServ", "nickserv", "NICKSERV", "Nісkѕеrv", "ＮｉｃｋＳｅｒｖ", "irc.Example.org"):
            self.assertIn(skeleton(nick), reserved)
        for nick in ("NickServ2", "Nick", "N1ckServ", "alice"):
            self.assertNotIn(skeleton(nick), reserved)

    def test_services(self) -> None:
        """The services to which people send passwords are always reserved."""
        self.assertLessEqual({"nickserv", "chanserv"}, reserve([]))

    def test_default(self) -> None:
        """The service names of IRC are reserved, and the name of this server."""
        reserved = reserve(DEFAULT_RESERVED)
        for nick in ("NickServ", "ChanServ", "OperServ", "MemoServ", "HostServ", "BotServ", "SaslServ", "HistServ"):
            self.assertIn(skeleton(nick), reserved)
        for nick in ("Global", "Server", "TwistChat"):
            self.assertIn(skeleton(nick), reserved)

    def test_defaultAreNicks(self) -> None:
        """Each reserved name would be a valid nick, and none is listed twice."""
        self.assertEqual([normalizeNick(nick) for nick in DEFAULT_RESERVED], list(DEFAULT_RESERVED))
        self.assertEqual(len(reserve(DEFAULT_RESERVED)), len(DEFAULT_RESERVED))

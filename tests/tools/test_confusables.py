"""Tests for C{tools/confusables.py}."""

from __future__ import annotations

import unicodedata
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from tests.tools.scripts import ROOT, loadScript

SAMPLE = """\
\ufeff# confusables.txt
# Date: 2025-07-22, 05:49:37 GMT
# Version: 17.0.0
#
0030 ;\t004F ;\tMA\t# ( 0 → O ) DIGIT ZERO → LATIN CAPITAL LETTER O\t#
0031 ;\t006C ;\tMA\t# ( 1 → l ) DIGIT ONE → LATIN SMALL LETTER L\t#
0049 ;\t006C ;\tMA\t# ( I → l ) LATIN CAPITAL LETTER I → LATIN SMALL LETTER L\t#
006D ;\t0072 006E ;\tMA\t# ( m → rn ) LATIN SMALL LETTER M → LATIN SMALL LETTER R, LATIN SMALL LETTER N\t#

2028 ;\t0020 ;\tMA\t#* LINE SEPARATOR → SPACE\t#
2010 ;\t002D ;\tMA\t#* ( ‐ → - ) HYPHEN → HYPHEN-MINUS\t#
017F ;\t0066 ;\tMA\t# ( ſ → f ) LATIN SMALL LETTER LONG S → LATIN SMALL LETTER F\t#
FF4D ;\t0072 006E ;\tMA\t# FULLWIDTH LATIN SMALL LETTER M → LATIN SMALL LETTER R, LATIN SMALL LETTER N\t#
1D40C ;\t004D ;\tMA\t# MATHEMATICAL BOLD CAPITAL M → LATIN CAPITAL LETTER M\t#
1D6EA ;\t006C ;\tMA\t# MATHEMATICAL ITALIC CAPITAL IOTA → LATIN SMALL LETTER L\t#
0399 ;\t006C ;\tMA\t# ( Ι → l ) GREEK CAPITAL LETTER IOTA → LATIN SMALL LETTER L\t#
03B9 ;\t0069 ;\tMA\t# ( ι → i ) GREEK SMALL LETTER IOTA → LATIN SMALL LETTER I\t#
11700 ;\t0072 006E ;\tMA\t# AHOM LETTER KA → LATIN SMALL LETTER R, LATIN SMALL LETTER N\t#
0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t# →α→
0410 ;\t0041 ;\tMA\t# ( А → A ) CYRILLIC CAPITAL LETTER A → LATIN CAPITAL LETTER A\t#
0412 ;\t0042 ;\tMA\t# ( В → B ) CYRILLIC CAPITAL LETTER VE → LATIN CAPITAL LETTER B\t#
0432 ;\t0299 ;\tMA\t# ( в → ʙ ) CYRILLIC SMALL LETTER VE → LATIN LETTER SMALL CAPITAL B\t#
0411 ;\t0062 0304 ;\tMA\t# CYRILLIC CAPITAL LETTER BE → LATIN SMALL LETTER B, COMBINING MACRON\t#
0431 ;\t0036 ;\tMA\t# ( б → 6 ) CYRILLIC SMALL LETTER BE → DIGIT SIX\t#
0413 ;\t0393 ;\tMA\t# ( Г → Γ ) CYRILLIC CAPITAL LETTER GHE → GREEK CAPITAL LETTER GAMMA\t#
0433 ;\t0072 ;\tMA\t# ( г → r ) CYRILLIC SMALL LETTER GHE → LATIN SMALL LETTER R\t#
03B3 ;\t0079 ;\tMA\t# ( γ → y ) GREEK SMALL LETTER GAMMA → LATIN SMALL LETTER Y\t#
042E ;\t006C 004F ;\tMA\t# CYRILLIC CAPITAL LETTER YU → LATIN SMALL LETTER L, LATIN CAPITAL LETTER O\t#
0406 ;\t006C ;\tMA\t# CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I → LATIN SMALL LETTER L\t#
0456 ;\t0069 ;\tMA\t# CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I → LATIN SMALL LETTER I\t#
039D ;\t004E ;\tMA\t# ( Ν → N ) GREEK CAPITAL LETTER NU → LATIN CAPITAL LETTER N\t#
03BD ;\t0076 ;\tMA\t# ( ν → v ) GREEK SMALL LETTER NU → LATIN SMALL LETTER V\t#
30ED ;\t53E3 ;\tMA\t# ( ロ → 口 ) KATAKANA LETTER RO → CJK UNIFIED IDEOGRAPH-53E3\t#

# total: 28
"""

TABLES = """
[by shape]
002D: 2010
0036: 0411 0431
0061: 0410 0430
0062: 0299 0412
0066: 017F
0069: 0399 03B9 0406 0456
006C 006F: 042E
006D: 11700
006E: 039D
0072: 0433
0076: 03BD
0079: 03B3

[by letter]
0062: 0432
006C 006F: 044E
0072: 03B3
53E3: 30ED
"""


class ConfusablesTests(SynchronousTestCase):
    """Tests for the script."""

    def setUp(self) -> None:
        """Import the script."""
        self.tool = loadScript("confusables")

    def run_(self, *arguments: str) -> tuple[int, str, str]:
        """
        Run the script.

        @return: its exit status, its output and its errors.
        """
        output, errors = StringIO(), StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            status = self.tool.main(list(arguments))
        return status, output.getvalue(), errors.getvalue()

    def write(self, text: str) -> str:
        """Write a text into a file, and return the file's path."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "confusables.txt"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_tables(self) -> None:
        """
        It converts Unicode's format to ours.  It leaves out ASCII, compatibility forms and invisible characters, and
        reconciles capitals and small letters.
        """
        status, output, errors = self.run_(self.write(SAMPLE))
        self.assertEqual((status, errors), (0, ""))
        header = [line for line in output.splitlines() if line.startswith("#")]
        self.assertEqual("\n".join(output.splitlines()[len(header) :]) + "\n", TABLES)
        for said in ("version 17.0.0,", f"read with Unicode {unicodedata.unidata_version}.", "Unicode License v3"):
            self.assertIn(said, " ".join(header))

    def test_anyOrder(self) -> None:
        """The output does not depend on the order of the lines."""
        lines = SAMPLE.removeprefix("\ufeff").splitlines()
        output = self.run_(self.write("\n".join(reversed(lines))))
        self.assertEqual(output, self.run_(self.write(SAMPLE)))

    def test_noVersion(self) -> None:
        """A file without a version is read too."""
        self.assertEqual(self.tool.parse("0430 ; 0061 ; MA\n"), ("unknown", {"а": "a"}))

    def test_brokenLine(self) -> None:
        """The error shows an invalid line with its number, and nothing is written."""
        for line in ("0430 ; 0061", "0430 ; a-b ; MA", "430000000 ; 0061 ; MA", "0430"):
            path = self.write(f"# Version: 17.0.0\n\n{line}\t# comment\n")
            message = f"{path}: line 3 is no mapping of code points: {line!r}\n"
            self.assertEqual(self.run_(path), (1, "", message))

    def test_noFile(self) -> None:
        """The error names a missing file."""
        status, output, errors = self.run_("no/such/file")
        self.assertEqual((status, output), (1, ""))
        self.assertIn("no/such/file", errors)

    def test_usage(self) -> None:
        """It takes one argument."""
        for arguments in ((), ("a", "b")):
            status, output, errors = self.run_(*arguments)
            self.assertEqual((status, output), (2, ""))
            self.assertTrue(errors.startswith("usage: "))


class ShippedTests(SynchronousTestCase):
    """Tests for the file that the package ships."""

    folder = ROOT / "src" / "twistchat" / "chat" / "model"

    def test_notice(self) -> None:
        """It names the source of its data, and the required license is beside it."""
        text = (self.folder / "confusables.txt").read_text("ascii")
        self.assertIn("confusables.LICENSE.txt", text)
        notice = (self.folder / "confusables.LICENSE.txt").read_text("utf-8")
        self.assertIn("COPYRIGHT AND PERMISSION NOTICE", notice)
        self.assertIn("SPDX-License-Identifier: Unicode-3.0", notice)

    def test_small(self) -> None:
        """It stays small."""
        self.assertLess((self.folder / "confusables.txt").stat().st_size, 60_000)

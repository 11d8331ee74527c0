"""
Every target, with inputs that Hypothesis makes, with its seeds, and with the findings of earlier runs.

The profile C{thousands} tries thousands of inputs for each target: see C{docs/testing.md}.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.fuzzing import __main__, findings
from tests.fuzzing.__main__ import main
from tests.fuzzing.findings import command, findingsOf, keep
from tests.fuzzing.mutation import mutated
from tests.fuzzing.registry import NAMES, targetNamed
from tests.fuzzing.target import Target, pieces

TARGETS = {name: targetNamed(name) for name in NAMES}
"""All targets."""

LEAST = 0.2
"""The least part of the inputs of a profile that are tried for an expensive target."""

PATIENCE = 5.0
"""The most seconds of CPU that the longest input takes.  Nearly all take a thousandth of that."""


def inputsOf(target: Target) -> st.SearchStrategy[bytes]:
    """Inputs for a target: any bytes, parts that mean something, and seeds with a change in their bytes or JSON."""
    words = st.sampled_from(target.words)
    chunks = st.one_of(words, words, words, st.binary(max_size=4), st.text(max_size=4).map(encoded))
    seeds = st.sampled_from(target.seeds)

    @st.composite
    def changed(draw: st.DrawFn) -> bytes:
        """A seed, of which a part is replaced."""
        data = draw(seeds)
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(data)))
            end = min(len(data), at + draw(st.sampled_from((0, 0, 1, 2, 8, 64))))
            data = data[:at] + draw(chunks) + data[end:]
        return data[: target.most]

    @st.composite
    def asJson(draw: st.DrawFn) -> bytes:
        """A seed, of which values in JSON are replaced."""
        return mutated(draw(seeds), Random(draw(st.integers(0, 2**32))))[: target.most]

    joined = st.lists(chunks, max_size=24).map(lambda found: b"".join(found)[: target.most])
    hasJson = any([line[:1] in (b"{", b"[") for seed in target.seeds for line in seed.split(b"\n")])
    other = [asJson(), asJson(), asJson()] if hasJson else [changed()]
    return st.one_of(joined, changed(), *other, st.binary(max_size=min(target.most, 300)))


def encoded(text: str) -> bytes:
    """Encode a text, with halves of surrogate pairs as they are."""
    return text.encode("utf-8", "surrogatepass")


def generated(target: Target) -> Callable[[Any], None]:
    """Make the test that tries generated inputs."""

    def test(self: SynchronousTestCase) -> None:
        @settings(max_examples=int(settings().max_examples * max(LEAST, 1 / target.cost)))
        @given(inputsOf(target))
        def tryInput(data: bytes) -> None:
            target.check(data)

        tryInput()

    test.__doc__ = f"The properties of the target {target.name} hold for generated inputs."
    return test


class GeneratedTests(SynchronousTestCase):
    """Inputs that Hypothesis makes.  There is a test for each target."""


for _target in TARGETS.values():
    setattr(GeneratedTests, f"test_{_target.name.replace('-', '_')}", generated(_target))


class KeptTests(SynchronousTestCase):
    """Inputs that are kept."""

    def test_seeds(self) -> None:
        """The properties hold for the seeds."""
        for target in TARGETS.values():
            for data in target.seeds[:40]:
                with self.subTest(target.name, data=data):
                    target.check(data)

    def test_findings(self) -> None:
        """The properties hold for every input for which one did not hold once."""
        self.assertLessEqual({path.name for path in findings.FOLDER.iterdir()}, set(TARGETS))
        for target in TARGETS.values():
            for name, data in findingsOf(target.name):
                with self.subTest(target.name, finding=name):
                    target.check(data)

    def test_growth(self) -> None:
        """
        The longest inputs of one repeated word take no time that matters: work does not grow with the square of the
        size.
        """
        for target in TARGETS.values():
            for word in target.words[:: 1 if target.cost == 1 else 7]:
                begin = process_time()
                with self.subTest(target.name, word=word):
                    target.check((word * (target.most // len(word) + 1))[: target.most])
                    self.assertLess(process_time() - begin, PATIENCE)


class CommandTests(SynchronousTestCase):
    """C{python -m tests.fuzzing}."""

    def setUp(self) -> None:
        self.said = StringIO()
        self.patch(sys, "stdout", self.said)

    def test_list(self) -> None:
        """Without arguments, it lists the targets."""
        self.assertEqual(0, main([]))
        self.assertEqual(list(TARGETS), self.said.getvalue().split())

    def test_again(self) -> None:
        """It tries a file again, and raises what the target raises."""
        path = Path(self.mktemp())
        path.write_bytes(TARGETS["proxy"].seeds[0])
        self.assertEqual(0, main(["proxy", str(path)]))
        self.assertEqual(["-m", "tests.fuzzing", "proxy", str(path)], shlex.split(command("proxy", path))[1:])

        def fail(data: bytes) -> None:
            raise AssertionError("a property does not hold")

        self.patch(__main__, "targetNamed", {"proxy": replace(TARGETS["proxy"], check=fail)}.get)
        self.assertRaises(AssertionError, main, ["proxy", str(path)])

    def test_mistakes(self) -> None:
        """No time to fuzz, and files that cannot be read, end it with status 2 and say why.  Nothing is tried then."""
        self.patch(__main__, "fuzz", lambda name, seconds: self.fail("it must not begin"))
        folder = Path(self.mktemp())
        folder.mkdir()
        good = folder / "good"
        good.write_bytes(TARGETS["proxy"].seeds[0])
        for arguments, why in (
            (["--seconds", "0"], "'0' is no number of seconds above 0"),
            (["--seconds", "-5"], "'-5' is no number of seconds above 0"),
            (["--seconds", "soon"], "'soon' is no number of seconds above 0"),
            ([str(good), str(folder / "none")], f"cannot read {folder / 'none'}: No such file or directory"),
            ([str(good), str(folder)], f"cannot read {folder}: Is a directory"),
        ):
            with self.subTest(why), redirect_stderr(StringIO()) as said:
                ended = self.assertRaises(SystemExit, main, ["proxy", *arguments])
                self.assertEqual(2, ended.code)
                self.assertIn(why, said.getvalue())
        self.assertEqual("", self.said.getvalue())

    def test_kept(self) -> None:
        """An input is kept once, under a name that depends on its content."""
        self.patch(findings, "FOLDER", Path(self.mktemp()))
        paths = [keep("proxy", data) for data in (b"one", b"two", b"one")]
        self.assertEqual(paths[0], paths[2])
        self.assertEqual({b"one", b"two"}, {data for _, data in findingsOf("proxy")})
        self.assertEqual([], list(findingsOf("lines")))


class MutationTests(SynchronousTestCase):
    """L{mutated}."""

    def test_json(self) -> None:
        """The result is JSON in the same place, usually another; what is no JSON stays the same."""
        data = b'said\n{"a": [1, {"b": null}], "c": "x"}'
        found = {mutated(data, Random(seed)) for seed in range(200)}
        self.assertGreater(len(found), 100)
        for each in found:
            head, _, body = each.partition(b"\n")
            self.assertEqual(b"said", head)
            self.assertIsInstance(json.loads(body.decode("utf-8", "surrogatepass")), dict)
        for other in (b"", b"text\nmore", b'{"a": ', b"{}"):
            self.assertEqual(other, mutated(other, Random(1)))


class PiecesTests(SynchronousTestCase):
    """L{pieces}."""

    def test_whole(self) -> None:
        """The pieces are the whole input, always in the same way, and there are several."""
        data = bytes(range(256)) * 4
        self.assertEqual(data, b"".join(pieces(data)))
        self.assertEqual(list(pieces(data)), list(pieces(data)))
        self.assertGreater(len(list(pieces(data))), 2)
        self.assertEqual([], list(pieces(b"")))

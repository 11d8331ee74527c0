"""The modules of the page: their tests, which node runs, and the hashes of the vendored ones."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT = Path(__file__).parent.parent.parent
VENDOR = ROOT / "src/twistchat/doors/web/static/vendor"


class PageModuleTests(SynchronousTestCase):
    """What C{node --test} says about the page's modules."""

    def test_modules(self) -> None:
        """All tests in C{tests/web/js} pass."""
        node = shutil.which("node")
        if node is None:
            raise SkipTest("there is no node here, which runs the tests of the page's modules")
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
        if int(version.strip("v\n").split(".")[0]) < 20:
            raise SkipTest(f"the tests of the page's modules need node 20, and this is {version.strip()}")
        tests = sorted((ROOT / "tests/web/js").glob("*.test.mjs"))
        self.assertNotEqual(tests, [])
        done = subprocess.run(
            [node, "--test", *map(str, tests)], capture_output=True, text=True, check=False, timeout=120
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class VendorTests(SynchronousTestCase):
    """The vendored modules are those that C{vendor/README.md} names; C{tools/vendored.py} compares them with npm."""

    def test_hashes(self) -> None:
        """Each file has the hash in the table, and there is no other file."""
        row = re.compile(r"^\| \S+ \| \S+ \| (\S+) \| \S+ \| `(\w{64})` \|$", re.MULTILINE)
        table = dict(row.findall((VENDOR / "README.md").read_text("utf-8")))
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
        del files["README.md"]
        self.assertEqual(files, table)

"""The page and its files, as the web door sends them."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.doors.web.browser import HttpClient, webServer
from twistchat.doors.web.pages import STATIC, Pages
from twistchat.doors.web.site import HEADERS

FIRST_LOAD = 60 * 1024
"""How many bytes, compressed, the page and the files that it loads at first may have."""

SITE = {name.lower() for name in HEADERS}
"""The headers of every document of the site."""

PARSE = """
const { readFileSync } = require('node:fs');
const { SourceTextModule } = require('node:vm');
const names = process.argv.slice(1);
for (const name of names) new SourceTextModule(readFileSync(name, 'utf8'), { identifier: name });
console.log(`${names.length} modules`);
"""
"""Parses modules in one process, and fails at the first that is not valid: C{node --check} takes one file only."""


class PagesTests(SynchronousTestCase):
    """L{Pages}."""

    def made(self, **files: str) -> Pages:
        """Return the pages of a folder with an index and these modules, whose names have C{_} for C{/}."""
        folder = Path(self.mktemp())
        for name, text in files.items():
            path = folder / "js" / (name.replace("_", "/") + ".js")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "index.html").write_text("{static} {preload}")
        return Pages(folder)

    def index(self, pages: Pages) -> str:
        """Return the page as it is sent."""
        # private: the answer needs a request, which these tests are not about.
        return pages._index.data.decode()

    def sent(self, pages: Pages, name: str) -> str:
        """Return a file as it is sent."""
        # private: as above.
        return pages._files[f"{pages.base}/{name}".encode()].data.decode()

    def test_preload(self) -> None:
        """The page names the modules that it loads at first, each once; and not those that are imported when used."""
        pages = self.made(
            main="import { a } from './ui/a.js';\nimport './b.js';\nconst late = () => import('./late.js');\n",
            ui_a="import {\n  b,\n} from '../b.js';\nexport { c } from \"./c.js\";\n",
            ui_c="",
            b="import '../js/main.js';",
            late="import './later.js';",
            later="",
        )
        self.assertEqual(
            re.findall(rf'"modulepreload" href="{pages.base}/([^"]+)"', self.index(pages)),
            ["js/main.js", "js/ui/a.js", "js/b.js", "js/ui/c.js"],
        )

    def test_comments(self) -> None:
        """Modules are sent without the comments that have lines of their own, and their lines keep their numbers."""
        before = [
            "/**",
            " * What it is.",
            " */",
            "const a = 1; // one",
            "  // two",
            "/* x */ const b = 2;",
            "/** three */",
            "const c = 'https://x'; /* y */",
        ]
        after = ["", "", "", before[3], "", before[5], "", before[7]]
        pages = self.made(main="\n".join(before))
        self.assertEqual(self.sent(pages, "js/main.js"), "\n".join(after))

    def test_headers(self) -> None:
        """Documents have all headers of the site; scripts and style sheets only those that count for them."""
        client = HttpClient(webServer())
        page = client.ask("GET", "/")
        few = {"x-content-type-options", "cross-origin-resource-policy"}
        for name, wanted in (("js/main.js", few), ("style/variables.css", few), ("icon.svg", SITE)):
            path = re.search(r'"(/static/[0-9a-f]+)/', page.body.decode())
            assert path is not None
            answer = client.ask("GET", f"{path[1]}/{name}")
            self.assertEqual((200, wanted), (answer.status, SITE & set(answer.headers)), name)
        self.assertEqual(SITE, SITE & set(page.headers))

    def test_size(self) -> None:
        """The first load of the real page is small."""
        pages = Pages()
        index = self.index(pages)
        names = set(re.findall(rf'="{pages.base}/([^"]+)"', index))
        self.assertIn("js/main.js", names)
        self.assertIn("vendor/preact.mjs", names)
        files = [index, *(self.sent(pages, name) for name in names)]
        self.assertLessEqual(sum(len(gzip.compress(file.encode(), 9, mtime=0)) for file in files), FIRST_LOAD)

    def test_syntax(self) -> None:
        """Every module is valid as it is sent."""
        node = shutil.which("node")
        if node is None:
            raise SkipTest("there is no node here, which reads the modules")
        pages = Pages()
        folder = Path(self.mktemp())
        for path in STATIC.glob("js/**/*.js"):
            name = path.relative_to(STATIC).as_posix()
            copy = folder / (name.removesuffix(".js") + ".mjs")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(self.sent(pages, name), "utf-8")
        names = [path.relative_to(folder).as_posix() for path in folder.glob("**/*.mjs")]
        command = [node, "--experimental-vm-modules", "--no-warnings", "-e", PARSE, *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", f"{len(names)} modules\n"))
        self.assertGreater(len(names), 50)

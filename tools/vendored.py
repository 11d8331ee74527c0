#!/usr/bin/env python3
"""
Compare the vendored modules of the web page with the npm packages that they come from.

Usage::

    tools/vendored.py            # compare; fails if a file differs
    tools/vendored.py --write    # take the files from npm again, and write vendor/README.md

Each file is the package's own ES module, byte for byte, with one exception: a browser cannot resolve a bare import such
as C{"uc.micro"} without an import map, and the page's content security policy allows none.  So the names in L{BARE}
become paths.  Nothing else changes, and this script repeats that change before it compares.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "src/twistchat/doors/web/static/vendor"

BARE = {b'from"preact"': b'from"./preact.mjs"', b'from "uc.micro"': b'from "./uc.micro.mjs"'}
"""What bare imports become."""


@dataclass(frozen=True, slots=True)
class Package:
    """
    A package of npm.

    @ivar name: its name.
    @ivar version: the version that is vendored.
    @ivar files: for each vendored file, its path in the package.
    """

    name: str
    version: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        {"preact.mjs": "dist/preact.mjs", "preact-hooks.mjs": "hooks/dist/hooks.mjs", "preact.LICENSE.txt": "LICENSE"},
    ),
    Package("htm", "3.1.1", {"htm.mjs": "dist/htm.mjs", "htm.LICENSE.txt": "LICENSE"}),
    Package("linkify-it", "6.1.0", {"linkify-it.mjs": "build/index.mjs", "linkify-it.LICENSE.txt": "LICENSE"}),
    Package("uc.micro", "3.0.0", {"uc.micro.mjs": "build/index.mjs", "uc.micro.LICENSE.txt": "LICENSE.txt"}),
)

INTRODUCTION = """\
# Vendored modules

These files come from npm packages. `tools/vendored.py` compares them with the packages, and `tools/vendored.py --write`
takes them again after a version in that script was changed. Do not edit them.

Each file is the package's own, byte for byte, except that bare imports become paths (`"preact"` becomes
`"./preact.mjs"`, `"uc.micro"` becomes `"./uc.micro.mjs"`). Browsers resolve bare imports by import maps only, and these
must be inline, which the page's content security policy forbids. The hashes are those of the files here.

| package | version | file here | file in the package | sha256 |
| --- | --- | --- | --- | --- |
"""


def fetch(package: Package) -> dict[str, bytes]:
    """
    Download a package, and return the content of its vendored files by their names here.

    @raise subprocess.SubprocessError: npm fails, or takes longer than a minute.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"],
            cwd=folder,
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as files:
            return {here: _read(files, f"package/{there}") for here, there in package.files.items()}


def _read(files: tarfile.TarFile, name: str) -> bytes:
    file = files.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is not a file of the package")
    content = file.read()
    if name.endswith(".mjs"):
        for bare, path in BARE.items():
            content = content.replace(bare, path)
    return content


def main(arguments: list[str]) -> int:
    """Compare the files, or write them."""
    write = arguments == ["--write"]
    rows: list[str] = []
    wrong: list[str] = []
    for package in PACKAGES:
        for here, content in fetch(package).items():
            digest = hashlib.sha256(content).hexdigest()
            rows.append(f"| {package.name} | {package.version} | {here} | {package.files[here]} | `{digest}` |\n")
            if write:
                (VENDOR / here).write_bytes(content)
            elif not (VENDOR / here).exists() or (VENDOR / here).read_bytes() != content:
                wrong.append(here)
    readme = INTRODUCTION + "".join(rows)
    if write:
        (VENDOR / "README.md").write_text(readme, "utf-8")
    elif (VENDOR / "README.md").read_text("utf-8") != readme:
        wrong.append("README.md")
    known = {"README.md", *(here for package in PACKAGES for here in package.files)}
    wrong += sorted(path.name for path in VENDOR.iterdir() if path.name not in known)
    if wrong:
        sys.stderr.write("".join([f"vendor/{name} is not what the npm packages have\n" for name in wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

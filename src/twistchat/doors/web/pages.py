"""The pages and their files.  They are read once, when the door opens, and sent from memory."""

from __future__ import annotations

import gzip
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from twistchat.doors.web.answers import Answer, Refused
from twistchat.doors.web.channel import BoundedRequest

STATIC: Final = Path(__file__).parent / "static"
"""The folder of the page and its files."""

TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""The media types that do not depend on the machine."""

SMALLEST: Final = 512
"""The size of a file in bytes from which it is compressed."""

INDEX: Final = "index.html"
"""The page of the chat."""

STATUS: Final = "admin.html"
"""The status page."""

FIRST: Final[Mapping[str, str]] = {INDEX: "js/main.js", STATUS: "js/admin/main.js"}
"""The pages, and the module that each of them starts."""

IMPORT: Final = re.compile(rb"""^(?:import|export)\b(?!\s*\()(?:[^;"']*?\bfrom)?\s*["']([^"']+)["']""", re.MULTILINE)
"""An import of a module that is loaded with the page, which C{import()} is not."""

COMMENT: Final = re.compile(rb"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/)[ \t]*$", re.MULTILINE | re.DOTALL)
"""Comments that have lines of their own.  No text of a module has a line that begins like one."""


@dataclass(frozen=True, slots=True)
class File:
    """
    A file of the page.

    @ivar data: its bytes.
    @ivar zipped: its bytes, compressed; C{None} if that is not smaller.
    @ivar type: its media type.
    """

    data: bytes
    zipped: bytes | None
    type: str


class Pages:
    """
    The pages and their files.

    Each file's URL has a hash of all files, so browsers may keep it forever: after an upgrade the page names other
    URLs.  The scripts import each other by relative URLs, which have the same hash.

    @ivar base: the path of the files, without a slash at its end.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        """
        @param folder: has C{index.html} and the other files.
        """
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        sources = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        sources |= {name: _short(data) for name, data in sources.items() if name.startswith("js/")}
        digest = sha256(b"".join([name.encode() + b"\0" + data + b"\0" for name, data in sources.items()]))
        self.base = f"/static/{digest.hexdigest()[:16]}"
        documents = {name: self._document(sources, name, first) for name, first in FIRST.items() if name in sources}
        for name in documents:
            del sources[name]
        self._index, self._status = documents[INDEX], documents.get(STATUS)
        self._files = {f"{self.base}/{name}".encode(): _file(name, data) for name, data in sources.items()}

    def index(self, request: BoundedRequest) -> Answer:
        """Answer with the page."""
        return _answer(request, self._index, "no-cache")

    def status(self, request: BoundedRequest, cookies: tuple[str, ...]) -> Answer:
        """
        Answer with the status page, which no cache keeps.

        @param cookies: the cookies to set.
        @raise Refused: there is none.
        """
        if self._status is None:
            raise Refused(404, "There is no such page.")
        return replace(_answer(request, self._status, "no-store"), cookies=cookies)

    def static(self, request: BoundedRequest) -> Answer:
        """
        Answer with a file.

        @raise Refused: there is no such file.
        """
        file = self._files.get(request.path)
        if file is None:
            raise Refused(404, "There is no such file.")
        return _answer(request, file, "public, max-age=31536000, immutable")

    def _document(self, sources: Mapping[str, bytes], name: str, first: str) -> File:
        """
        Make a page.

        @param name: the name of its file.
        @param first: the module that it starts.
        """
        loads = [f'<link rel="modulepreload" href="{self.base}/{module}">' for module in _imported(sources, first)]
        text = sources[name].decode().replace("{static}", self.base).replace("{preload}", "\n".join(loads))
        return _file(name, text.encode())


def _short(module: bytes) -> bytes:
    """Return a module without its comments.  Its lines keep their numbers, which errors name."""
    return COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), module)


def _imported(sources: Mapping[str, bytes], first: str) -> list[str]:
    """Return the modules that a page loads at first: the first one, what it imports, and so on, each once."""
    found: dict[str, None] = {}
    waiting = [first] if first in sources else []
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in sources:
            found[name] = None
            folder = posixpath.dirname(name)
            paths = [path.decode() for path in IMPORT.findall(sources[name])]
            waiting += [posixpath.normpath(posixpath.join(folder, path)) for path in paths]
    return list(found)


def _file(name: str, data: bytes) -> File:
    suffix = Path(name).suffix
    kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    text = kind.startswith("text/") or kind == "image/svg+xml"
    zipped = gzip.compress(data, 9, mtime=0) if len(data) >= SMALLEST and text else data
    return File(data, zipped if len(zipped) < len(data) else None, f"{kind}; charset=utf-8" if text else kind)


def _answer(request: BoundedRequest, file: File, keep: str) -> Answer:
    accepted = ",".join(request.requestHeaders.getRawHeaders("accept-encoding", []))
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    isPart = file.type.startswith(("text/javascript", "text/css"))
    if file.zipped is not None and any(part.strip().partition(";")[0] == "gzip" for part in accepted.split(",")):
        return Answer(file.zipped, type=file.type, headers=headers | {"Content-Encoding": "gzip"}, isPart=isPart)
    return Answer(file.data, type=file.type, headers=headers, isPart=isPart)

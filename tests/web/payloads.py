"""Hostile texts, and what a page looks like in which one of them had its way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import BrowserContext, Page

SOURCE = Path(__file__).resolve().parent / "js" / "payloads.mjs"
"""The texts, which the tests in node use too."""

WATCH = """
window.violations = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});
const SCHEMES = ['http:', 'https:', 'mailto:', 'irc:', 'ircs:'];
const FOREIGN = 'iframe, frame, object, embed, base, video, audio, math, template, marquee, style,'
  + 'body link, body meta, body script';
const CODE = ['srcdoc', 'formaction'];
const ADDRESS = ['href', 'src', 'action', 'xlink:href', 'data', 'poster', 'srcset'];
const READ = ['title', 'aria-label', 'placeholder', 'alt'];
const TURNED = /[\\u202a-\\u202e\\u2066\\u2067]/;
function judge(one) {
  if (one.matches(FOREIGN)) violations.push(`element ${one.outerHTML}`);
  for (const { name, value } of one.attributes) {
    if (name.startsWith('on') || CODE.includes(name)) violations.push(`${name} ${one.outerHTML}`);
    if (READ.includes(name) && TURNED.test(value)) violations.push(`turned ${one.outerHTML}`);
    if (name === 'style' && /url|expression|position|@import/i.test(value)) violations.push(`style ${one.outerHTML}`);
    if (!ADDRESS.includes(name)) continue;
    const url = URL.parse(value, location.href);
    if (url?.origin === location.origin) continue;
    const link = one.localName === 'a' && url && SCHEMES.includes(url.protocol);
    const apart = one.target === '_blank' && one.relList.contains('noopener');
    if (!link || !apart) violations.push(`address ${one.outerHTML}`);
    else if (/[^\\x00-\\x7f]/.test(url.host)) violations.push(`host ${one.outerHTML}`);
  }
}
function judgeAll(root) {
  if (root.nodeType === Node.TEXT_NODE && TURNED.test(root.data)) violations.push(`turned ${root.data}`);
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  judge(root);
  root.childNodes.forEach(judgeAll);
}
new MutationObserver((records) => {
  for (const { type, target, addedNodes } of records) {
    if (type === 'attributes') judge(target);
    else if (type === 'characterData') judgeAll(target);
    else addedNodes.forEach(judgeAll);
  }
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""
"""
Runs in a page before its own code, and judges whatever the page shows, also for a moment.  C{window.violations} has
what is wrong: foreign elements, attributes with code, other addresses, texts that are turned around, and what the
policy forbade.
"""

AUDIT = "() => [...window.violations, ...(window.hit === undefined ? [] : [`ran: ${window.hit}`])].slice(0, 5)"
"""Returns what is wrong with a page."""


def hostileTexts(page: Page) -> list[str]:
    """
    Return the texts of C{payloads.mjs}.

    @param page: a page that can read the module, such as an empty one.
    """
    source = re.sub(r"^export ", "", SOURCE.read_text("utf-8"), flags=re.MULTILINE)
    texts = "[...MARKUP, ...ADDRESSES, ...[...UNSEEN, ...HOSTS].map(([text]) => text)]"
    found: list[str] = json.loads(page.evaluate(f"(() => {{ {source}; return JSON.stringify({texts}) }})()"))
    return found


def forIrc(texts: Sequence[str]) -> list[str]:
    """Return the texts without what an IRC line cannot have: C{NUL}, C{CR}, C{LF}, surrogates."""
    return [re.sub(r"[\x00\r\n]", " ", text).encode("utf-8", "ignore").decode() for text in texts]


class Watch:
    """
    Notes what the pages of a browser do that they should not.

    @ivar seen: dialogs, windows, navigations, requests of anything but the page's files, and errors on the console.
    """

    def __init__(self, context: BrowserContext, url: str) -> None:
        """
        @param url: the address of the server's page.
        """
        self.seen: list[str] = []
        self._allowed = re.compile(re.escape(url) + r"(static/[\w./-]*|login|$)")
        context.add_init_script(WATCH)
        context.on("request", self._request)
        context.on("dialog", self._dialog)
        context.on("console", lambda message: self._note(f"console: {message.text}", message.type == "error"))

    def watch(self, page: Page) -> None:
        """Note what a page that has been opened does from here on."""
        page.on("popup", lambda other: self._note(f"window: {other.url}"))
        page.on("framenavigated", lambda frame: self._note(f"navigation: {frame.url}", "#" not in frame.url))
        page.on("frameattached", lambda frame: self._note(f"frame: {frame.url}"))

    def _request(self, request: Any) -> None:
        self._note(f"request: {request.url}", self._allowed.fullmatch(request.url.partition("#")[0]) is None)

    def _dialog(self, dialog: Any) -> None:
        self._note(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, what: str, wrong: bool = True) -> None:
        if wrong:
            self.seen.append(what)

/**
 * Addresses and room names within a text. Only the schemes of {@link SCHEMES} become links; the text of a link shows the
 * host that the browser would go to, as Punycode where it is not ASCII (RFC 3492, UTS 46).
 */

import { LinkifyIt } from '../../vendor/linkify-it.mjs';

export const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'irc:', 'ircs:']);

const web = {
    validate(text, at, self) {
        const pattern = self.re.get_http_validator();
        pattern.lastIndex = at;
        return pattern.exec(text)?.[0].length ?? 0;
    },
};
const linkify = new LinkifyIt({ fuzzyEmail: true, maxLength: 2048 })
    .add('ftp:', null)
    .add('//', null)
    .add('irc:', web)
    .add('ircs:', web);

/** A text without these has no address, and is not searched. */
const HINT = /:\/\/|@|mailto:/i;
const ROOM = /(?<![^\s([{"'«“‘,;])#[^\s,:#\p{Cc}][^\s,:\p{Cc}]{0,62}/gu;
/** A message has so many links at most: the work for each would hold up the page. */
export const LINKS = 20;
/** So many UTF-16 units are searched for addresses at most. */
const SEARCHED = 8192;
const TRAILING = /[.,;:!?)\]}'"»”’>]+$/u;

/**
 * @typedef {object} Link
 * @property {number} start Its first UTF-16 unit in the text.
 * @property {number} end The unit after its last.
 * @property {"link"|"room"} type
 * @property {string} href The address; for a room its name.
 * @property {string|null} label What to show instead of the text, where the text would mislead.
 */

/**
 * Find the first links of a text, in their order. None overlap.
 *
 * @param {string} text The text; a NUL ends a link.
 * @param {number} [most] How many links are found at most; so many addresses are examined, and so many names of rooms.
 * @returns {Link[]}
 */
export function findLinks(text, most = LINKS) {
    if (most <= 0) return [];
    const addresses = HINT.test(text) ? (linkify.match(text.slice(0, SEARCHED)) ?? []) : [];
    const found = addresses.slice(0, most).map(checked).filter(Boolean);
    if (text.includes('#')) {
        let left = most;
        for (const match of text.matchAll(ROOM)) {
            if (left-- === 0) break;
            const name = match[0].replace(TRAILING, '');
            const end = match.index + name.length;
            if (!/\p{L}/u.test(name) || found.some((link) => match.index < link.end && link.start < end)) continue;
            found.push({ start: match.index, end, type: 'room', href: name, label: null });
        }
        found.sort((one, other) => one.start - other.start);
    }
    return found.slice(0, most);
}

/**
 * @param {import("../../vendor/linkify-it.mjs").Match} match
 * @returns {Link|null} None where the address is not one that a page may link to.
 */
function checked(match) {
    const place = { start: match.index, end: match.lastIndex, type: 'link' };
    let url;
    try {
        url = new URL(match.url);
    } catch {
        return null;
    }
    if (!SCHEMES.has(url.protocol) || url.username || url.password) return null;
    const typed = typedHost(match.raw, url.protocol);
    const host = asciiHost(typed);
    if (host === null) return null;
    const label = typed.toLowerCase() === host ? null : match.raw.replace(typed, () => host);
    // The URL of a scheme that is not special keeps its host as it was typed.
    const href = label === null ? url.href : new URL(match.url.replace(typed, () => host)).href;
    return { ...place, href, label };
}

/**
 * @param {string} raw The address as it was typed.
 * @param {string} scheme
 * @returns {string} Its host.
 */
function typedHost(raw, scheme) {
    if (scheme === 'mailto:') return raw.slice(raw.lastIndexOf('@') + 1);
    const rest = raw.slice(raw.indexOf('//') + 2);
    return /^(\[[^\]]*\]|[^/?#:\\]*)/.exec(rest)[0];
}

/**
 * @param {string} host
 * @returns {string|null} The host as browsers resolve it, or null where they refuse it.
 */
function asciiHost(host) {
    try {
        return new URL(`http://${host}/`).hostname;
    } catch {
        return null;
    }
}

/**
 * The formatting of a text: IRC's codes (modern.ircdocs.horse/formatting), `code` and ```code blocks```, links. The result is
 * plain data; {@link module:log/render} makes nodes of it. Nothing here is markup.
 */

import { findLinks, LINKS } from './links.js';
import { neutral } from './safe.js';

/**
 * @typedef {object} Style
 * @property {boolean} bold
 * @property {boolean} italic
 * @property {boolean} underline
 * @property {boolean} strike
 * @property {boolean} mono
 * @property {boolean} reverse
 * @property {number|string|null} ink A colour's number (0 to 98), or "#rrggbb", or null.
 * @property {number|string|null} paper The same, for the background.
 */

/**
 * @typedef {{type: "text", text: string, style: Style}
 *   | {type: "code"|"block", text: string}
 *   | {type: "link"|"room", href: string, title: string, children: Part[]}} Part
 */

/** @type {Style} */
export const PLAIN = Object.freeze({
    bold: false,
    italic: false,
    underline: false,
    strike: false,
    mono: false,
    reverse: false,
    ink: null,
    paper: null,
});

const TOGGLES = new Map([
    ['\x02', 'bold'],
    ['\x1d', 'italic'],
    ['\x1f', 'underline'],
    ['\x1e', 'strike'],
    ['\x11', 'mono'],
    ['\x16', 'reverse'],
]);
const COLOUR = /^\x03(?:(\d{1,2})(?:,(\d{1,2}))?)?/;
const HEX = /^\x04(?:([0-9a-f]{6})(?:,([0-9a-f]{6}))?)?/i;
const CODES = /[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f\n]/;
const CODE = /```(?:[a-z0-9+#-]{0,20}\n)?([^]+?)```|`([^`\n]+)`/gi;
/** So many parts are styled; the rest of the text is one part, which bounds the nodes of a row. */
const PARTS = 400;

/**
 * Split a text into its parts.
 *
 * @param {string} text What somebody wrote: any characters.
 * @returns {Part[]}
 */
export function format(text) {
    const parts = [];
    let at = 0;
    let style = PLAIN;
    if (text.includes('`')) {
        for (const match of text.matchAll(CODE)) {
            if (parts.length >= PARTS) break;
            style = formatLine(text.slice(at, match.index), style, parts);
            const block = match[1] !== undefined;
            const inner = plain(match[1] ?? match[2]);
            parts.push({ type: block ? 'block' : 'code', text: block ? inner.replace(/^\n+|\n+$/g, '') : inner });
            at = match.index + match[0].length;
        }
    }
    formatLine(text.slice(at), style, parts);
    return parts;
}

/**
 * @param {string} text
 * @returns {string} The text without formatting, its characters safe to show.
 */
export function plain(text) {
    return neutral(split(text, PLAIN).text).join('');
}

/**
 * Append the parts of a text that has no code in it.
 *
 * @param {string} text
 * @param {Style} style The style at its start.
 * @param {Part[]} parts
 * @returns {Style} The style at its end.
 */
function formatLine(text, style, parts) {
    const { text: stripped, runs, last } = split(text, style);
    const shown = neutral(stripped);
    // Same length as the stripped text, so that places in one are places in the other.
    let masked = '';
    let at = 0;
    const pieces = new Map();
    for (const point of codePoints(stripped)) {
        const replacement = shown[at++];
        if (replacement !== point) {
            pieces.set(masked.length, replacement);
            masked += '\0'.repeat(point.length);
        } else masked += point;
    }
    const write = (start, end) => {
        if (pieces.size === 0) return masked.slice(start, end);
        let written = '';
        for (let index = start; index < end; index++) {
            written += pieces.has(index) ? pieces.get(index) : masked[index] === '\0' ? '' : masked[index];
        }
        return written;
    };
    const texts = (start, end, into) => {
        for (const run of runs) {
            const from = Math.max(start, run.start);
            const to = Math.min(end, run.end);
            if (from >= to) continue;
            const written = write(from, to);
            if (written) into.push({ type: 'text', text: written, style: run.style });
        }
    };
    const before = parts.filter(({ href }) => href !== undefined).length;
    let from = 0;
    for (const link of findLinks(masked, LINKS - before)) {
        if (parts.length >= PARTS) break;
        texts(from, link.start, parts);
        const children = [];
        if (link.label === null) texts(link.start, link.end, children);
        else children.push({ type: 'text', text: link.label, style: PLAIN });
        parts.push({ type: link.type, href: link.href, title: link.href, children });
        from = link.end;
    }
    texts(from, stripped.length, parts);
    return last;
}

/**
 * Take IRC's formatting codes out of a text.
 *
 * @param {string} text
 * @param {Style} style The style at its start. A line break resets it.
 * @returns {{text: string, runs: {start: number, end: number, style: Style}[], last: Style}}
 */
function split(text, style) {
    if (!CODES.test(text)) return { text, runs: [{ start: 0, end: text.length, style }], last: style };
    const runs = [];
    let written = '';
    let start = 0;
    const turn = (next) => {
        if (written.length > start) runs.push({ start, end: written.length, style });
        start = written.length;
        style = runs.length >= PARTS ? PLAIN : next;
    };
    for (let at = 0; at < text.length;) {
        const character = text[at];
        const toggle = TOGGLES.get(character);
        if (toggle) {
            turn({ ...style, [toggle]: !style[toggle] });
            at++;
        } else if (character === '\x0f') {
            turn(PLAIN);
            at++;
        } else if (character === '\x03' || character === '\x04') {
            const match = (character === '\x03' ? COLOUR : HEX).exec(text.slice(at, at + 16));
            turn({ ...style, ...colours(match, character === '\x03' ? number : hex, style) });
            at += match[0].length;
        } else {
            written += character;
            at++;
            if (character === '\n') turn(PLAIN);
        }
    }
    turn(style);
    return { text: written, runs: merged(runs), last: style };
}

/** Runs after the bound have no style, so they are one. */
function merged(runs) {
    if (runs.length <= PARTS) return runs;
    return [...runs.slice(0, PARTS), { start: runs[PARTS].start, end: runs.at(-1).end, style: PLAIN }];
}

/** @returns {{ink: number|string|null, paper: number|string|null}} What a colour code sets. */
function colours(match, read, style) {
    if (match[1] === undefined) return { ink: null, paper: null };
    return { ink: read(match[1]), paper: match[2] === undefined ? style.paper : read(match[2]) };
}

function number(digits) {
    const value = Number(digits);
    return value === 99 ? null : value;
}

function hex(digits) {
    return `#${digits.toLowerCase()}`;
}

function codePoints(text) {
    return [...text];
}

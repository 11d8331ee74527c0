/**
 * Characters that a message or a name must not show raw: controls, bidi overrides and isolates, and characters that
 * nobody sees. Joiners stay where emoji and scripts need them. Sources: Unicode TR 36 (2.10 and 3.5), UAX 9 (2.1 to 2.5),
 * UTS 51 (emoji joined by U+200D, and flags made of tags).
 */

const SUSPECT =
    // eslint-disable-next-line no-control-regex, no-misleading-character-class
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|\p{M}{6,}|[\ud800-\udfff]/u;
/** What editors and web pages leave in copied text. It is dropped; everything else is shown as an escape. */
const DROPPED = new Set([0x0d, 0xad, 0x200b, 0x2060, 0xfeff]);
const MARKS = new Set([0x61c, 0x200e, 0x200f]);
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const PICTURE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;
const PICTURE_BASE = /[\p{Extended_Pictographic}0-9#*]/u;
const HAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Letters of scripts whose shapes joiners choose: all but those that never join. */
const JOINING =
    /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const MARK = /\p{M}/u;
/** So many combining marks may stand on one letter. */
const STACK = 5;

/**
 * Split a text at the characters that must not be shown raw.
 *
 * @param {string} text Any text. A lone surrogate counts as a suspect character.
 * @returns {string[]} The text by code point; a character that must not be shown is replaced by its escape, such as
 *   "‹U+202E›", or by "" where it is dropped.
 */
export function neutral(text) {
    const points = [...text];
    if (!SUSPECT.test(text)) return points;
    const rightToLeft = RIGHT_TO_LEFT.test(text);
    let stack = 0;
    let flag = false;
    return points.map((point, index) => {
        const code = point.codePointAt(0);
        const before = points[index - 1] ?? '';
        const after = points[index + 1] ?? '';
        stack = MARK.test(point) && code !== 0xfe0f ? stack + 1 : 0;
        if (stack > STACK) return '';
        const inFlag = flag;
        flag = code === 0x1f3f4 || (flag && code >= 0xe0020 && code < 0xe007f);
        if (code >= 0xe0020 && code <= 0xe007f && inFlag) return point;
        if (code === 0x09) return ' ';
        if (code === 0x0a || !SUSPECT.test(point)) return point;
        if (code === 0x2028 || code === 0x2029) return '\n';
        if (MARKS.has(code)) return rightToLeft ? point : '';
        if (code === 0x200d) {
            if (PICTURE.test(before) && PICTURE_BASE.test(after)) return point;
            if (JOINING.test(before)) return point;
        }
        if (code === 0x200c && JOINING.test(before)) return point;
        if (code === 0xfe0e || code === 0xfe0f) return PICTURE_BASE.test(before) ? point : '';
        if (code >= 0xfe00 && code < 0xfe0e) return '';
        if (code >= 0xe0100 && code <= 0xe01ef) return HAN.test(before) ? point : '';
        if (code >= 0x180b && code <= 0x180d && JOINING.test(before)) return point;
        if (DROPPED.has(code)) return '';
        return escape(code);
    });
}

/**
 * A name as it may be shown in one line: what {@link neutral} shows, and no line break.
 *
 * @param {string} name
 * @returns {string}
 */
export function safeName(name) {
    return neutral(String(name)).join('').replaceAll('\n', escape(0x0a));
}

/**
 * @param {number} code A code point.
 * @returns {string} How a reader sees it.
 */
function escape(code) {
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}

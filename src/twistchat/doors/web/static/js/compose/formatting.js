/** Formatting codes by key, with Ctrl or Cmd. Source: modern.ircdocs.horse/formatting. */
export const CODES = Object.freeze({ b: '\x02', i: '\x1d', u: '\x1f' });

/** Whether a text has formatting codes. */
export function isFormatted(text) {
  return /[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f]/.test(text);
}

/**
 * Put a code around the selected part of a text, or take it away where it is already there.
 *
 * @returns {{text: string, start: number, end: number}} the text, and what is selected then
 */
export function toggle(text, start, end, code) {
  const inside = text.slice(start, end);
  if (start < end && text[start - 1] === code && text[end] === code) {
    return { text: text.slice(0, start - 1) + inside + text.slice(end + 1), start: start - 1, end: end - 1 };
  }
  if (inside.length > 1 && inside.startsWith(code) && inside.endsWith(code)) {
    return { text: text.slice(0, start) + inside.slice(1, -1) + text.slice(end), start, end: end - 2 };
  }
  // A line break ends the formatting, so each line has its own codes.
  const wrapped = start === end ? code : inside.split('\n').map((line) => (line ? code + line + code : line)).join('\n');
  const formatted = text.slice(0, start) + wrapped + text.slice(end);
  if (start === end) return { text: formatted, start: start + 1, end: start + 1 };
  const single = !inside.includes('\n');
  return { text: formatted, start: start + (single ? 1 : 0), end: start + wrapped.length - (single ? 1 : 0) };
}

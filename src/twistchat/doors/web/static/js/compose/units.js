import { roomFor, split } from '../irc/split.js';
import { RequestError } from '../irc/requests.js';

const encoder = new TextEncoder();

/** Bytes that make an action of a text: `\x01ACTION ` and `\x01`. */
const AROUND_ACTION = 9;

/** Characters that no text has: all controls but line breaks, tabs and formatting codes. */
const NOT_SENT = /[\x00\x01\x05-\x08\x0b\x0c\x0e\x10\x12-\x15\x17-\x1c\x7f]/g;

/** Return a text as it can be sent: with one kind of line break, without other controls and empty lines at its ends. */
export function cleaned(text) {
  return text.replace(/\r\n?/g, '\n').replace(NOT_SENT, '').toWellFormed().replace(/^\n+|\s+$/g, '');
}

/** Return how many characters of a text fit into so many bytes. */
function fitting(text, most) {
  let bytes = 0;
  let count = 0;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > most) break;
    count++;
  }
  return count;
}

/** The limits of a connection: bytes of a line, and what a message of several lines may have, or null if there are none. */
export function limitsOf({ isupport, capabilities }) {
  const values = capabilities.has('multiline') ? capabilities.values('multiline') : null;
  return {
    line: isupport.number('LINELEN', 512),
    multiline: values && { bytes: Number(values['max-bytes']) || Infinity, lines: Number(values['max-lines']) || Infinity },
  };
}

/**
 * Return the texts of the messages that a text becomes: one, where the server takes several lines.
 *
 * @param {string} text
 * @param {{target: string, action: boolean}} options
 * @param {ReturnType<typeof limitsOf>} limits
 * @returns {string[]}
 * @throws {RequestError} `TOO_LONG` or `TOO_MANY_LINES`: it is longer than the server takes. The error says what fits
 */
export function unitsOf(text, { target, action }, { line, multiline }) {
  const most = roomFor(target, line) - (action ? AROUND_ACTION : 0);
  if (action) return split(text.replace(/\n+/g, ' '), most).map((part) => part.text);
  const parts = split(text, most);
  if (parts.length === 1) return [text];
  if (!multiline) return parts.map((part) => part.text).filter(Boolean);
  if (encoder.encode(text).length > multiline.bytes) {
    throw new RequestError('TOO_LONG', '', [String(fitting(text, multiline.bytes)), String([...text].length)]);
  }
  if (parts.length > multiline.lines) {
    throw new RequestError('TOO_MANY_LINES', '', [String(multiline.lines), String(parts.length)]);
  }
  return [text];
}

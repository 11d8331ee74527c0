import { lines } from '../irc/requests.js';
import { toAmendment, toMessage } from '../model/messages.js';

/**
 * A part of the history of a conversation.
 *
 * @typedef {object} Page
 * @property {import('../model/messages.js').Message[]} messages
 * @property {import('../model/messages.js').Amendment[]} amendments
 * @property {string|null} first the id of the first line
 * @property {string|null} last the id of the last line
 * @property {number} count how many lines there were
 */

/** Return the page that the answers to CHATHISTORY are. @returns {Page} */
export function toPage(answers, reader) {
  const all = answers.flatMap(lines).filter((line) => line.command !== 'BATCH' && line.command !== 'ACK');
  const ids = all.map((line) => line.tags.msgid).filter(Boolean);
  return {
    messages: all.map((line) => toMessage(line, reader)).filter(Boolean),
    amendments: all.map(toAmendment).filter(Boolean),
    first: ids[0] ?? null,
    last: ids.at(-1) ?? null,
    count: all.length,
  };
}

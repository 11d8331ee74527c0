import { escapeTag } from '../irc/message.js';
import { lines } from '../irc/requests.js';
import { toMessage } from '../model/messages.js';

/**
 * What is searched.
 *
 * @typedef {object} Query
 * @property {string} text words that a message has
 * @property {string} from a nick or an account
 * @property {string} room the name of a conversation; empty for all
 * @property {string} after the first day, as `2026-01-31`, in the time zone of this browser
 * @property {string} before the last day
 *
 * @typedef {object} Match
 * @property {string} name the name of the conversation
 * @property {import('../model/messages.js').Message} message
 */

/** A search for nothing. @type {Query} */
export const NOTHING = Object.freeze({ text: '', from: '', room: '', after: '', before: '' });

/** Whether a query has anything to search for. */
export function isEmpty(query) {
  return Object.values(query).every((value) => !value.trim());
}

function moment(day, time) {
  const date = new Date(`${day}T${time}`);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/**
 * Return the parameter of SEARCH. Source: IRCv3 search (draft), docs/irc.md.
 *
 * @param {Query} query
 * @param {number} limit
 * @param {string} cursor the id of the last match so far, or empty
 */
export function toParameter(query, limit, cursor = '') {
  const fields = {
    text: query.text.trim(), in: query.room, from: query.from.trim(),
    after: moment(query.after, '00:00:00.000'), before: moment(query.before, '23:59:59.999'),
  };
  // A search with a first day begins there, and any other one at the newest message.
  if (cursor) fields[query.after ? 'after' : 'before'] = `msgid=${cursor}`;
  const given = Object.entries(fields).filter(([, value]) => value);
  return [...given, ['limit', String(limit)]].map(([name, value]) => `${name}=${escapeTag(value)}`).join(';');
}

/** Return the name of the conversation that a line of a search belongs to. */
export function placeOf(chat, line) {
  const target = chat.isupport.withoutStatus(line.params[0] ?? '');
  const nick = line.source?.nick ?? '';
  return chat.isupport.isRoom(target) || chat.isSelf(nick) ? target : nick;
}

/** Return the matches that the answer to SEARCH has, in its order: the oldest first. @returns {Match[]} */
export function toMatches(chat, answer) {
  return lines(answer).flatMap((line) => {
    if (line.command !== 'PRIVMSG' && line.command !== 'NOTICE') return [];
    const message = toMessage(line, chat.reader);
    return message ? [{ name: placeOf(chat, line), message }] : [];
  });
}

/**
 * Lines of IRC as the messages of a conversation. Live lines and lines of the history become messages here, in one way.
 *
 * @typedef {object} Message a frozen value
 * @property {string} id the msgid, or a name of this page's own for a line without one
 * @property {number} time milliseconds since 1970
 * @property {'text'|'notice'|'action'|'join'|'part'|'quit'|'nick'|'kick'|'mode'|'topic'|'redacted'|'error'|'system'} kind
 * @property {string} nick who said or did it
 * @property {string|null} account
 * @property {string} text what was said; the reason of a part, quit or kick; the topic; the modes
 * @property {boolean} self
 * @property {boolean} mention
 * @property {string|null} replyTo the id of the message that this one answers
 * @property {Map<string, Set<string>>} reactions text to nicks
 * @property {boolean} [byServer] whether the server changed modes
 * @property {string} target where a text went (`#room`, `@#room`, a nick); the nick that was kicked; the new nick
 *
 * @typedef {object} Amendment a change of an earlier message
 * @property {string} of the id of that message
 * @property {(message: Message) => Message} change
 *
 * @typedef {object} Reader
 * @property {(nick: string) => boolean} isSelf
 * @property {(text: string) => boolean} mentions whether a text names this user
 * @property {(nick: string) => boolean} ignores whether texts of a nick are not shown
 * @property {() => number} now
 */

const SIMPLE = { JOIN: 'join', PART: 'part', QUIT: 'quit', NICK: 'nick', KICK: 'kick', MODE: 'mode', TOPIC: 'topic' };

/** Which parameter is the text of a message, and which its target. */
const PLACES = { PART: [1, 0], QUIT: [0, -1], NICK: [-1, 0], KICK: [2, 1], TOPIC: [1, 0], JOIN: [-1, 0] };

let made = 0;

/** Return a frozen message. */
export function makeMessage(fields) {
  return Object.freeze({
    id: `here-${++made}`, time: 0, kind: 'system', nick: '', account: null, text: '', self: false, mention: false,
    replyTo: null, reactions: new Map(), target: '', ...fields,
  });
}

/** Whether a message has no id of the server. */
export function isLocal(message) {
  return message.id.startsWith('here-');
}

/** Return a tag's value by its name without `+` and `draft/`, or null. */
export function clientTag(line, name) {
  return line.tags[`+draft/${name}`] ?? line.tags[`+${name}`] ?? null;
}

/** Return when a line was written, in milliseconds since 1970. */
export function timeOf(line, reader) {
  const time = Date.parse(line.tags.time ?? '');
  return Number.isNaN(time) ? reader.now() : time;
}

/**
 * Return the message that a line is, or null if it is none.
 *
 * @param {import('../irc/message.js').IrcMessage} line
 * @param {Reader} reader
 * @returns {Message|null}
 */
export function toMessage(line, reader) {
  const nick = line.source?.nick ?? '';
  const common = {
    time: timeOf(line, reader), nick, account: line.tags.account || null, self: reader.isSelf(nick),
    replyTo: clientTag(line, 'reply'), ...(line.tags.msgid && { id: line.tags.msgid }),
  };
  if (line.command === 'PRIVMSG' || line.command === 'NOTICE') {
    if (reader.ignores(nick)) return null;
    const [target = '', said = ''] = line.params;
    const action = /^\x01ACTION ([^\x01]*)\x01?$/s.exec(said);
    if (!action && said.startsWith('\x01')) return null;
    const text = action ? action[1] : said;
    const kind = action ? 'action' : line.command === 'NOTICE' ? 'notice' : 'text';
    return makeMessage({ ...common, kind, text, target, mention: !common.self && reader.mentions(text) });
  }
  const kind = SIMPLE[line.command];
  if (!kind) return null;
  if (kind === 'mode') {
    const byServer = !line.source?.user;
    return makeMessage({ ...common, kind, text: line.params.slice(1).join(' '), target: line.params[0] ?? '', byServer });
  }
  const [text, target] = PLACES[line.command];
  // Without a reason, the server gives the nick of who kicks. Source: modern.ircdocs.horse, KICK.
  if (kind === 'kick' && line.params[text] === nick) return makeMessage({ ...common, kind, target: line.params[target] ?? '' });
  return makeMessage({ ...common, kind, text: line.params[text] ?? '', target: line.params[target] ?? '' });
}

/**
 * Return the change of an earlier message that a line is (a reaction or a redaction), or null if it is none.
 *
 * @returns {Amendment|null}
 */
export function toAmendment(line) {
  const nick = line.source?.nick ?? '';
  if (line.command === 'REDACT' && line.params[1]) {
    const [, of, reason = ''] = line.params;
    return { of, change: (message) => makeMessage({ ...message, kind: 'redacted', text: reason, mention: false }) };
  }
  const of = clientTag(line, 'reply');
  if (line.command !== 'TAGMSG' || !of) return null;
  const added = clientTag(line, 'react');
  const removed = clientTag(line, 'unreact');
  const text = added || removed;
  if (!text) return null;
  return {
    of,
    change: (message) => {
      const reactions = new Map(message.reactions);
      const nicks = new Set(reactions.get(text));
      if (added) nicks.add(nick);
      else nicks.delete(nick);
      if (nicks.size) reactions.set(text, nicks);
      else reactions.delete(text);
      return makeMessage({ ...message, reactions });
    },
  };
}

/** Return a function that tells whether a text has a name as a word. */
export function mentionOf(name) {
  if (!name) return () => false;
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_-])${word}(?![\\p{L}\\p{N}_-])`, 'iu');
  return (text) => pattern.test(text);
}

/** Whether a message counts as unread until it is read. */
export function isSpoken(message) {
  return message.kind === 'text' || message.kind === 'action' || message.kind === 'notice';
}

import { lines, RequestError } from '../../irc/requests.js';

/** How many lines of an answer are shown. */
const MOST = 100;

/** Lines that say nothing by themselves. */
const EMPTY = new Set(['315', '318', '321', '323', '347', '349', '365', '366', '368', 'BATCH', 'ACK']);

/** Return the lines of an answer as texts: their parameters, those of numerics without this user's nick. */
export function textsOf(answer) {
  return lines(answer).filter((line) => !EMPTY.has(line.command)).map((line) => {
    const numeric = /^\d{3}$/.test(line.command);
    return (numeric ? line.params.slice(1) : [line.command, ...line.params]).join(' ');
  });
}

/** Return the command that a text is, or null. `/etc/hosts` and `//text` are none. */
export function commandOf(text) {
  const match = /^\/([A-Za-z]+)(?:\s+([^]*))?$/.exec(text);
  return match && { name: match[1].toLowerCase(), rest: (match[2] ?? '').trim() };
}

/** Return a text that is no command as it is sent: `//text` is `/text`. */
export function spoken(text) {
  return text.startsWith('//') ? text.slice(1) : text;
}

const SERVICE = /^(?:nickserv|chanserv)$/i;

/** A target that may be a service: of this server, or of others that people have in their fingers. */
const MAYBE_SERVICE = /^@?(?:\w*serv|[nc]s)(?:[@!]|$)/i;

/** Commands without passwords. Whatever else begins with `/` may have one, also a mistyped command. */
const HARMLESS = new Set(['me', 'part', 'leave', 'close', 'nick', 'away', 'back', 'ignore', 'unignore', 'topic', 't', 'invite', 'kick', 'k',
  'ban', 'unban', 'op', 'deop', 'voice', 'devoice', 'whois', 'w', 'who', 'list', 'rooms', 'names', 'search', 'room', 'unread', 'help', 'h', 'clear', 'quit', 'exit']);

/** Whether a nick is that of a service. The server keeps no texts to services. */
export function isService(name) {
  return SERVICE.test(name);
}

/** Whether one line may have a password, or the key of a room. */
function hasSecret(line) {
  const command = commandOf(line.trim());
  if (!command || HARMLESS.has(command.name)) return false;
  const [first, second] = words(command.rest, 1);
  if (/^(?:msg|query|m)$/.test(command.name)) return first.split(',').some((target) => MAYBE_SERVICE.test(target));
  // A key follows the name of the room.
  return !/^(?:join|j)$/.test(command.name) || second !== '';
}

/** Whether a text may have a password, so that it is neither recalled nor stored. */
export function isSecret(name, text) {
  return isService(name) || text.split('\n').some(hasSecret);
}

/** Return the first words of a text, and what follows them. Words that it does not have are empty. */
export function words(text, count) {
  const found = [];
  let rest = text.trim();
  for (let index = 0; index < count; index++) {
    const [, word = '', after = ''] = /^(\S*)\s*([^]*)$/.exec(rest);
    found.push(word);
    rest = after;
  }
  return [...found, rest];
}

/** What a command works with. */
export class Context {
  /**
   * @param {object} parts
   * @param {object} parts.app
   * @param {import('../../model/conversation.js').Conversation} parts.conversation where it was typed
   * @param {import('../sending.js').Sending} parts.sending
   * @param {string} parts.replyTo the id of the message that is being answered, or empty
   * @param {string} parts.usage how the command is used
   * @param {(text: string) => void} parts.tell show a text to this user alone
   */
  constructor({ app, conversation, sending, replyTo, usage, tell }) {
    this.app = app;
    this.chat = app.chat;
    this.conversation = conversation;
    this.sending = sending;
    this.replyTo = replyTo;
    this.usage = usage;
    this.tell = tell;
  }

  /**
   * Send a command, and return its answer.
   *
   * @throws {RequestError} the server refuses it, or a word is none that IRC can send
   */
  async ask(command, params, options) {
    const flat = params.map((param) => param.replace(/\n+/g, ' '));
    if (flat.slice(0, -1).some((param) => !/^[^:\s]\S*$/.test(param))) throw new RequestError('USAGE', '', [this.usage]);
    return this.app.connection.request(command, flat, options);
  }

  /** Show an answer as it is. */
  show(answer) {
    const texts = textsOf(answer);
    if (texts.length) this.tell(texts.slice(0, MOST).join('\n'));
  }

  /** @throws {RequestError} unless something is there */
  need(...values) {
    if (!values.every(Boolean)) throw new RequestError('USAGE', '', [this.usage]);
  }

  /**
   * Return the room that a command names first, or the one it was typed in; and the rest.
   *
   * @throws {RequestError} there is neither
   */
  room(rest) {
    const [first, after] = words(rest, 1);
    if (this.chat.isupport.isRoom(first)) return { room: first, rest: after };
    if (this.conversation.kind !== 'room') throw new RequestError('ROOM_NEEDED', '', [this.usage]);
    return { room: this.conversation.name, rest };
  }
}

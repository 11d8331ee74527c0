import { roomFor, split } from './irc/split.js';
import { RequestError, lines } from './irc/requests.js';

/** Milliseconds between two read markers that are sent for a conversation. */
const MARK_EVERY = 2000;

/** What no nick has. */
export const NO_NICK = /[\s,!@:*?#]/;

/** How many bytes of names a line has, beside its command. */
const NAMES = 400;

/** Return lists of names with commas between them, each short enough for a line. */
function packed(names) {
  const encoder = new TextEncoder();
  const lists = [];
  for (const name of names) {
    const longer = lists.length ? `${lists.at(-1)},${name}` : name;
    if (lists.length && encoder.encode(longer).length <= NAMES) lists[lists.length - 1] = longer;
    else lists.push(name);
  }
  return lists;
}

/** How far back private conversations are looked for, in milliseconds, and how many at most. */
const RECENT = 30 * 86400000;
const MOST_RECENT = 30;

/**
 * What this user does: the verbs of the user interface. They send requests; the effects of the answers change the chat.
 *
 * Verbs that return a promise reject it with a `RequestError` when the server refuses.
 */
export class Client {
  /**
   * @param {object} parts
   * @param {import('./model/chat.js').Chat} parts.chat
   * @param {import('./irc/connection.js').Connection} parts.connection
   * @param {import('./history/history.js').History} parts.history
   * @param {import('./settings.js').Settings} parts.settings
   * @param {{now: Function, set: Function, clear: Function}} parts.timers
   */
  constructor({ chat, connection, history, settings, timers }) {
    this._chat = chat;
    this._connection = connection;
    this._history = history;
    this._settings = settings;
    this._timers = timers;
    /** Conversations whose marker was sent a moment ago, and whether it has moved since. @type {Map<object, boolean>} */
    this._marks = new Map();
    /** Folded nicks that the server watches. @type {Set<string>} */
    this._watched = new Set();
    chat.session.watch(() => this._follow());
    chat.on('joined', (conversation) => this._joined(conversation));
    chat.on('left', () => this._remember());
    // What is said from the first visit on is unread at the next one.
    chat.on('unmarked', (conversation) => chat.session.account && this._sendMark(conversation));
    chat.on('renamed', ({ conversation, from }) => this._renamed(conversation, from));
  }

  /** Connect as a guest, or as the account of the login, or only to do something before the registration ends (`early`). */
  enter({ nick, account, early = false }) {
    this._chat.session.update({ nick, account: account ? nick : null });
    this._connection.open({ nick, account, early });
  }

  /** Connect again as the account that this browser has logged in to, and come back to the same rooms. */
  become(account) {
    this._connection.send('QUIT');
    this._connection.close();
    this.enter({ nick: account, account: true });
  }

  /** Disconnect, and forget what was loaded. */
  leave() {
    this._connection.send('QUIT');
    this._connection.close();
    for (const conversation of [...this._chat.conversations]) this._chat.conversations.remove(conversation);
  }

  /**
   * The server has registered this client: go back to the rooms. Once for each connection.
   *
   * @param {string} except a room that is opened by itself
   */
  welcomed(nick, except = '') {
    this._chat.session.update({ nick });
    this._connection.identity.nick = nick;
    // Nobody is brought back into a room that they left, or that has put them out.
    const rooms = this._chat.rooms().filter((room) => !room.outside);
    const names = [...rooms.map((room) => room.name), ...this._settings.get('rooms')];
    const wanted = [...new Map(names.map((name) => [this._chat.fold(name), name])).values()]
      .filter((name) => this._chat.fold(name) !== this._chat.fold(except));
    for (const room of this._chat.rooms()) room.rejoining = room.joined;
    for (const names of packed(wanted)) this._connection.send('JOIN', [names]);
    this._watched.clear();
    const people = [...this._chat.conversations].filter((conversation) => conversation.kind === 'person');
    this._meet(...people);
    if (this._chat.session.account) this._recent();
  }

  /** Join a room, and show it. */
  async join(name, key = '') {
    const answer = await this._connection.request('JOIN', key ? [name, key] : [name]);
    // A room may forward to another one.
    const joined = lines(answer).find((line) => line.command === 'JOIN');
    this.show(this._chat.conversation(joined?.params[0] ?? name));
  }

  /**
   * Show a conversation. If there is none, join the room, or begin to talk with the nick.
   *
   * @param {{join: boolean}} options whether to join a room again that was left
   */
  async open(name, { join = false } = {}) {
    const conversation = this._chat.conversations.get(name);
    if (conversation && (conversation.joined || !join || conversation.kind !== 'room')) {
      this.show(conversation);
    } else if (this._chat.isupport.isRoom(name)) {
      await this.join(name);
    } else if (NO_NICK.test(name)) {
      throw new RequestError('NO_NAME', '');
    } else {
      const begun = this._chat.conversation(name);
      this._meet(begun);
      this.show(begun);
    }
  }

  /** Show a conversation that there is. */
  show(conversation) {
    this._chat.conversations.show(conversation);
  }

  /** Leave a room, or close a private conversation. */
  close(conversation) {
    if (conversation.joined) this._connection.send('PART', [conversation.name]);
    if (conversation.kind === 'person') this._watch('-', conversation.name);
    this._chat.conversations.remove(conversation);
    this._remember();
    const next = this._chat.rooms()[0] ?? [...this._chat.conversations].find(({ kind }) => kind === 'person');
    if (next) this.show(next);
  }

  /**
   * Say something. The promise is kept when the message is in the journal; the echo shows it.
   *
   * @param {string} text may have several lines
   * @param {{replyTo?: string, action?: boolean}} options
   * @returns {Promise<object>} the last answer, which has the echo
   */
  async say(conversation, text, { replyTo = '', action = false } = {}) {
    const target = conversation.name;
    const tags = replyTo ? { '+draft/reply': replyTo } : {};
    const most = roomFor(target, this._connection.isupport.number('LINELEN', 512)) - (action ? 9 : 0);
    const parts = split(text, most);
    let answer = null;
    if (action) {
      for (const part of parts) {
        answer = await this._connection.request('PRIVMSG', [target, `\x01ACTION ${part.text}\x01`], { tags });
      }
    } else if (parts.length > 1 && this._connection.capabilities.has('multiline')) {
      answer = await this._connection.requestLines('PRIVMSG', target, parts, { tags });
    } else {
      for (const part of parts.filter((one) => one.text)) {
        answer = await this._connection.request('PRIVMSG', [target, part.text], { tags });
      }
    }
    return answer;
  }

  /** The messages of a conversation have been read up to a time. */
  markRead(conversation, time) {
    if (conversation.marker === null || !conversation.mark(time)) return;
    if (conversation.kind === 'server') return;
    if (this._marks.has(conversation)) this._marks.set(conversation, true);
    else this._sendMark(conversation);
  }

  /** Send the read marker, so that other clients of this user have it at once; a later one waits. */
  _sendMark(conversation) {
    const { marker, name } = conversation;
    if (this._connection.capabilities.has('read-marker')) {
      this._connection.send('MARKREAD', [name, `timestamp=${new Date(marker).toISOString()}`], { background: true });
    }
    this._marks.set(conversation, false);
    this._timers.set(() => {
      const again = this._marks.get(conversation);
      this._marks.delete(conversation);
      if (again) this._sendMark(conversation);
    }, MARK_EVERY);
  }

  /** Connect now instead of after the wait. */
  retry() {
    this._connection.retry();
  }

  /** After a change of this user's nick, the next connection begins with it, and so does the next visit of a guest. */
  _follow() {
    const { identity, state } = this._connection;
    const { nick } = this._chat.session;
    if (state !== 'online' || !nick || identity.nick === nick) return;
    identity.nick = nick;
    if (!identity.account) this._settings.set('nick', nick);
  }

  _joined(conversation) {
    this._remember();
    if (!this._connection.capabilities.has('read-marker')) conversation.mark(this._timers.now());
    this._sync(conversation, this._chat.conversations.open !== conversation);
  }

  /** Load what a conversation lacks, tell when that is done, and count what is not read. */
  async _sync(conversation, background) {
    const complete = await this._history.sync(conversation, { background });
    this._chat.tell('synced', { conversation, complete: complete === true });
    if (background) await this._history.count(conversation);
  }

  /** Begin to watch the nicks of private conversations, and load what was said there. */
  _meet(...conversations) {
    this._watch('+', ...conversations.map(({ name }) => name));
    if (!this._chat.session.account) return;
    for (const conversation of conversations) this._sync(conversation, true);
  }

  /** Find the private conversations of the last time. Source: IRCv3 chathistory, TARGETS. */
  async _recent() {
    if (!this._connection.capabilities.has('chathistory')) return;
    const now = this._timers.now();
    const [from, to] = [now - RECENT, now + 60000].map((time) => `timestamp=${new Date(time).toISOString()}`);
    const params = ['TARGETS', from, to, String(MOST_RECENT)];
    const answer = await this._connection.request('CHATHISTORY', params, { background: true }).catch(() => null);
    const begun = [];
    for (const line of answer ? lines(answer) : []) {
      const name = line.command === 'CHATHISTORY' ? line.params[1] : '';
      if (!name || this._chat.isupport.withoutStatus(name) !== name || this._chat.isupport.isRoom(name)) continue;
      if (this._chat.conversations.get(name)) continue;
      // What is read, the answer to MARKREAD says.
      const marked = this._connection.capabilities.has('read-marker');
      begun.push(this._chat.conversation(name, marked ? null : now));
      if (marked) this._connection.send('MARKREAD', [name], { background: true });
    }
    this._meet(...begun);
  }

  /** Watch nicks, or end that. The server watches so many at most. Source: IRCv3 monitor. */
  _watch(sign, ...nicks) {
    const most = this._connection.isupport.number('MONITOR', 0) || Infinity;
    const changed = nicks.filter((nick) => {
      const name = this._chat.fold(nick);
      if (sign === '-') return this._watched.delete(name);
      return !this._watched.has(name) && this._watched.size < most && this._watched.add(name);
    });
    for (const list of packed(changed)) this._connection.send('MONITOR', [sign, list], { background: true });
  }

  _renamed(conversation, from) {
    if (conversation.kind === 'person') {
      this._watch('-', from);
      this._watch('+', conversation.name);
    } else this._remember();
  }

  _remember() {
    const rooms = this._chat.rooms().filter((room) => room.joined).map((room) => room.name);
    if (rooms.length) this._settings.set('been', true);
    this._settings.set('rooms', rooms);
  }
}

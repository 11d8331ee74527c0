import { RequestError, lines } from '../irc/requests.js';
import { makeMessage } from '../model/messages.js';
import { Observable } from '../model/observable.js';
import { wordsFor } from '../strings/index.js';
import { isService } from './commands/parse.js';
import { limitsOf, unitsOf } from './units.js';

/**
 * A message that this user has written and that is not in the timeline yet.
 *
 * @typedef {object} Entry
 * @property {string} id a name of the page's own
 * @property {import('../model/conversation.js').Conversation} conversation
 * @property {string} text
 * @property {boolean} action
 * @property {string} replyTo
 * @property {number} time when it was written
 * @property {'waiting'|'sent'|'unsure'|'failed'} state `waiting` for the connection; `sent`, and not confirmed; `unsure`: the
 *   connection was lost before the server confirmed it
 * @property {RequestError|null} error why it failed
 * @property {boolean} uncertain whether it may have been sent although it failed
 * @property {string|null} after the newest message when it was sent
 */

/** How far the clocks of the server and of this browser may be apart, in milliseconds. */
const SKEW = 120000;

let made = 0;

/**
 * The messages on their way, in order. What cannot be sent now waits for the connection. What the server refuses stays, until
 * this user tries again or deletes it. After a loss of the connection, the history tells which messages have arrived: none
 * is lost, and none is sent twice.
 *
 * Watchers get `{type: 'add'|'update', conversation, message}` and `{type: 'remove', conversation, id, by}` (`by`: the id of
 * the message in the timeline, or null).
 */
export class Sending extends Observable {
  /**
   * @param {object} parts
   * @param {import('../model/chat.js').Chat} parts.chat
   * @param {import('../client.js').Client} parts.client
   * @param {import('../irc/connection.js').Connection} parts.connection
   * @param {{now: () => number}} parts.timers
   */
  constructor({ chat, client, connection, timers }) {
    super();
    this._chat = chat;
    this._client = client;
    this._connection = connection;
    this._timers = timers;
    /** @type {Entry[]} */
    this._entries = [];
    /** Ids of messages that were found to be entries. */
    this._claimed = new Set();
    this._state = chat.session.state;
    this._limits = limitsOf(connection);
    chat.session.watch(() => this._stateIs(chat.session.state));
    chat.conversations.watch(() => this._prune());
    chat.on('synced', ({ conversation, complete }) => this._resume(conversation, complete));
    chat.on('message', ({ conversation, message }) => message.self && this._heard(conversation, message));
  }

  /**
   * Say something, now or when there is a connection.
   *
   * @param {{replyTo?: string, action?: boolean}} options
   * @throws {RequestError} it is too long
   */
  send(conversation, text, { replyTo = '', action = false } = {}) {
    // Between two connections, the limits are those of the first.
    if (this._connection.state === 'online') this._limits = limitsOf(this._connection);
    const units = unitsOf(text, { target: conversation.name, action }, this._limits);
    for (const unit of units) {
      const entry = {
        id: `sending-${++made}`, conversation, text: unit, action, replyTo, time: this._timers.now(), state: 'waiting', error: null,
        uncertain: false, after: null,
      };
      const ready = this._isReady(conversation);
      this._entries.push(entry);
      if (ready) entry.state = 'sent';
      this.changed({ type: 'add', conversation, message: this._message(entry) });
      if (ready) this._transmit(entry);
    }
  }

  /** Return the messages of a conversation that are on their way, as the log shows them. */
  of(conversation) {
    return this._entries.filter((entry) => entry.conversation === conversation).map((entry) => this._message(entry));
  }

  find(id) {
    const entry = this._entries.find((one) => one.id === id);
    return entry && this._message(entry);
  }

  /** Try to send a message again that failed. */
  retry(id) {
    const entry = this._entries.find((one) => one.id === id && one.state === 'failed');
    if (!entry) return;
    const ready = this._isReady(entry.conversation);
    this._become(entry, 'waiting');
    if (ready) this._transmit(entry);
  }

  /** Forget a message that is not sent. */
  discard(id) {
    const entry = this._entries.find((one) => one.id === id && one.state !== 'sent');
    if (entry) this._remove(entry, null);
  }

  /** Return the messages that are not sent, in order. @returns {Entry[]} */
  unsent() {
    return this._entries.filter((entry) => entry.state !== 'sent');
  }

  _isReady(conversation) {
    const waits = (entry) => entry.conversation === conversation && (entry.state === 'waiting' || entry.state === 'unsure');
    return this._connection.state === 'online' && !this._entries.some(waits);
  }

  async _transmit(entry) {
    const { conversation, text, action, replyTo } = entry;
    entry.after = conversation.timeline.messages.findLast((message) => !message.id.startsWith('here-'))?.id ?? null;
    this._become(entry, 'sent');
    try {
      const answer = await this._client.say(conversation, text, { action, replyTo });
      this._confirmed(entry, lines(answer).find((line) => line.command === 'PRIVMSG'));
    } catch (error) {
      if (!this._entries.includes(entry)) return;
      if (error.code === 'DISCONNECTED') this._become(entry, 'unsure');
      else this._fail(entry, error, error.code === 'TIMEOUT' || error.code === 'OUTCOME_UNKNOWN');
    }
  }

  _confirmed(entry, echo) {
    if (!this._entries.includes(entry)) return;
    // Without echo-message, the server only says that it has the message.
    if (!echo) entry.conversation.timeline.add(makeMessage({ ...this._message(entry), id: `here-${entry.id}`, pending: false }));
    this._remove(entry, echo ? echo.tags.msgid ?? null : `here-${entry.id}`);
  }

  _fail(entry, error, uncertain = false) {
    entry.error = error;
    entry.uncertain = uncertain;
    this._become(entry, 'failed');
  }

  _become(entry, state) {
    entry.state = state;
    this.changed({ type: 'update', conversation: entry.conversation, message: this._message(entry) });
  }

  _remove(entry, by) {
    this._entries.splice(this._entries.indexOf(entry), 1);
    this.changed({ type: 'remove', conversation: entry.conversation, id: entry.id, by });
  }

  _stateIs(state) {
    if (state === this._state) return;
    this._state = state;
    if (state === 'online' && !this._chat.session.account) {
      // Guests have no history of private conversations.
      const people = new Set(this._entries.map((entry) => entry.conversation).filter(({ kind }) => kind === 'person'));
      for (const conversation of people) this._resume(conversation, false);
    }
  }

  /** Forget the messages of conversations that are closed. */
  _prune() {
    const open = new Set(this._chat.conversations);
    for (const entry of this._entries.filter((one) => !open.has(one.conversation))) this._remove(entry, null);
  }

  /** Go on with a conversation after a loss of the connection. */
  _resume(conversation, complete) {
    if (this._connection.state !== 'online') return;
    for (const entry of this._entries.filter((one) => one.conversation === conversation)) {
      const unsure = entry.state === 'unsure';
      const found = unsure || entry.uncertain ? this._arrived(entry) : null;
      const told = complete && this._covers(entry) && !isService(conversation.name);
      if (found) this._remove(entry, found);
      else if (unsure && !told) this._fail(entry, new RequestError('UNCERTAIN', ''), true);
      else if (unsure || entry.state === 'waiting') this._transmit(entry);
    }
  }

  /** Return the id of the message in the timeline that an entry is, or null. */
  _arrived(entry) {
    const { messages } = entry.conversation.timeline;
    const from = messages.findIndex((message) => message.id === entry.after) + 1;
    // Without a message to begin at, the times tell which one is new.
    const since = entry.after === null ? entry.time - SKEW : -Infinity;
    const fits = (message) => this._is(entry, message) && message.time >= since && !this._claimed.has(message.id);
    const found = messages.slice(from).find(fits);
    if (!found) return null;
    this._claimed.add(found.id);
    return found.id;
  }

  /** Whether the timeline tells for sure that an entry has not arrived. */
  _covers(entry) {
    const { conversation: { timeline }, after } = entry;
    return after === null ? !timeline.messages.some((message) => this._is(entry, message)) : timeline.has(after);
  }

  _heard(conversation, message) {
    const entry = this._entries.find((one) => one.conversation === conversation && one.uncertain && one.state === 'failed'
      && this._is(one, message));
    if (entry) this._remove(entry, message.id);
  }

  _is(entry, message) {
    return message.self && message.text === entry.text && message.kind === (entry.action ? 'action' : 'text');
  }

  _message({ id, conversation, text, action, replyTo, time, state, error }) {
    return makeMessage({
      id, time, kind: action ? 'action' : 'text', nick: this._chat.session.nick, account: this._chat.session.account, text,
      self: true, replyTo: replyTo || null, target: conversation.name,
      pending: state !== 'failed', waiting: state === 'waiting' || state === 'unsure', failed: state === 'failed' && wordsFor(error),
    });
  }
}

import { Observable } from '../model/observable.js';
import { NOTHING } from './query.js';
import { Search } from './search.js';

/** How many messages are kept; beyond, the oldest are forgotten. */
const MOST = 500;

/**
 * The messages that mention this user, in all rooms: those that are heard, those of the history that is loaded, and those that
 * the server finds by the nick.
 */
export class Mentions extends Observable {
  /**
   * @param {import('../irc/connection.js').Connection} connection
   * @param {import('../model/chat.js').Chat} chat
   */
  constructor(connection, chat) {
    super();
    this._chat = chat;
    this._search = new Search(connection, chat);
    /** @type {Map<string, import('./query.js').Match>} */
    this._byId = new Map();
    this._search.watch(() => this._take());
    chat.on('message', ({ conversation, message }) => this._note([{ name: conversation.name, message }]));
  }

  /** The newest first. @returns {import('./query.js').Match[]} */
  get matches() {
    return [...this._byId.values()].sort((one, other) => other.message.time - one.message.time);
  }

  get busy() {
    return this._search.busy;
  }

  get error() {
    return this._search.error;
  }

  /** Whether there may be further ones. */
  get more() {
    return this._search.more;
  }

  /** Whether a message is not read yet. */
  isNew({ name, message }) {
    const marker = this._chat.conversations.get(name)?.marker;
    return marker != null && message.time > marker;
  }

  /** Collect them again: from what is loaded, and from the server. */
  async collect() {
    for (const conversation of this._chat.conversations) {
      // A message that was removed mentions nobody.
      for (const message of conversation.timeline.messages.filter((one) => one.kind === 'redacted')) this._byId.delete(message.id);
      this._note(conversation.timeline.messages.map((message) => ({ name: conversation.name, message })));
    }
    if (this._search.isPossible) await this._search.run({ ...NOTHING, text: this._chat.session.nick });
  }

  /** Load older ones. */
  next() {
    return this._search.next();
  }

  /** Forget all: another user enters. */
  clear() {
    this._byId.clear();
    this._search.clear();
  }

  _take() {
    this._note(this._search.matches);
    this.changed();
  }

  _note(matches) {
    const fresh = matches.filter(({ message }) => message.mention && !this._byId.has(message.id));
    for (const match of fresh) this._byId.set(match.message.id, match);
    const excess = this._byId.size - MOST;
    if (excess > 0) for (const { message } of this.matches.slice(-excess)) this._byId.delete(message.id);
    if (fresh.length) this.changed();
  }
}

import { Observable } from '../model/observable.js';
import { NOTHING, isEmpty, toMatches, toParameter } from './query.js';

/** How many messages a page of the results has. */
const PAGE = 25;

/**
 * A search, and what it has found so far. It is kept while the page is open, so that one comes back to it.
 */
export class Search extends Observable {
  /**
   * @param {import('../irc/connection.js').Connection} connection
   * @param {import('../model/chat.js').Chat} chat
   */
  constructor(connection, chat) {
    super();
    this._connection = connection;
    this._chat = chat;
    this.clear();
  }

  /** Whether the server can search. */
  get isPossible() {
    const { capabilities } = this._connection;
    return capabilities.has('twistchat.org/search') || capabilities.has('soju.im/search');
  }

  /** Forget the search. */
  clear() {
    this.query = NOTHING;
    /** In the order in which they are shown: the newest first, or from the first day on. @type {import('./query.js').Match[]} */
    this.matches = [];
    this.busy = false;
    /** Whether a search has been made. */
    this.done = false;
    /** Whether there may be further matches. */
    this.more = false;
    /** Why the last request failed, or null. */
    this.error = null;
    this._cursor = '';
    this.changed();
  }

  /** Begin a search. @param {import('./query.js').Query} query */
  async run(query) {
    this.clear();
    this.query = query;
    if (!isEmpty(query)) await this.next();
  }

  /** Load the next page of the results. */
  async next() {
    const { query } = this;
    this.busy = true;
    this.error = null;
    this.changed();
    try {
      const answer = await this._connection.request('SEARCH', [toParameter(query, PAGE, this._cursor)]);
      if (query !== this.query) return;
      const found = toMatches(this._chat, answer);
      const page = query.after ? found : found.reverse();
      const known = new Set(this.matches.map((match) => match.message.id));
      this._cursor = page.at(-1)?.message.id ?? this._cursor;
      this.matches = [...this.matches, ...page.filter((match) => !known.has(match.message.id))];
      this.more = page.length >= PAGE;
    } catch (error) {
      if (query !== this.query) return;
      this.error = error;
    }
    this.busy = false;
    this.done = true;
    this.changed();
  }
}

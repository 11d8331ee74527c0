import { toPage } from './page.js';

/** How many messages are shown at first, and are loaded when the reader scrolls. */
const PAGE = 50;

/** How many messages are loaded to count those that are not read, at most, before the first ones. */
const COUNTED = 200;

/** How many messages fill a gap: at most so many pages of so many. A longer gap is loaded when the reader scrolls. */
const GAP_PAGE = 200;
const GAP_PAGES = 5;

/**
 * Loads the history of conversations. Source: IRCv3 chathistory.
 *
 * Pages begin and end at message ids, so they join without gaps and duplicates.
 */
export class History {
  /**
   * @param {import('../irc/connection.js').Connection} connection
   * @param {import('../model/messages.js').Reader} reader
   */
  constructor(connection, reader) {
    this._connection = connection;
    this._reader = reader;
    this._busy = new Map();
  }

  /**
   * Load what a conversation lacks at its end: its newest messages at first, and after a loss of the connection what was
   * said meanwhile. What arrives live in the meantime waits, and comes after it.
   *
   * @returns {Promise<boolean>} whether nothing is lacking now
   */
  sync(conversation, { background = false } = {}) {
    const { timeline } = conversation;
    if (!this._connection.capabilities.has('chathistory')) return Promise.resolve(false);
    timeline.hold();
    return this._once(conversation, async () => {
      let complete = true;
      try {
        let page = null;
        if (!timeline.atEnd) {
          // The reader is in the past, and comes back to the end by `newer` or `latest`. Here is only to be counted.
          timeline.ignore();
          conversation.note((await this._ask('LATEST', conversation, '*', PAGE, background)).messages);
          return false;
        }
        if (timeline.loaded && timeline.newest) page = await this._gap(conversation, background);
        if (page) timeline.release(page);
        else timeline.reset(await this._ask('LATEST', conversation, '*', PAGE, background));
      } catch {
        complete = false;
        if (timeline.atEnd) timeline.release(null);
      }
      conversation.note(timeline.messages);
      return complete;
    });
  }

  /**
   * Return one page of the messages before those that are loaded, and do not keep it; null if there is none.
   *
   * @returns {Promise<import('./page.js').Page & {more: boolean}|null>} `more`: whether others come before them
   */
  async before(conversation) {
    const { timeline } = conversation;
    if (timeline.atStart || !timeline.oldest) return null;
    const page = await this._ask('BEFORE', conversation, `msgid=${timeline.oldest}`, COUNTED, true).catch(() => null);
    return page && { ...page, more: page.count >= this._limit(COUNTED) };
  }

  /** Count the unread messages before those that are loaded: one page of them. */
  async count(conversation) {
    const { timeline, marker } = conversation;
    const [first] = timeline.messages;
    if (marker === null || !first || first.time <= marker) return;
    const page = await this.before(conversation);
    if (page) conversation.note(page.messages);
  }

  /** Load the page before the oldest message. */
  older(conversation) {
    const { timeline } = conversation;
    if (timeline.atStart || !timeline.oldest) return Promise.resolve();
    return this._once(conversation, async () => {
      const page = await this._ask('BEFORE', conversation, `msgid=${timeline.oldest}`, PAGE);
      timeline.atStart = page.count === 0;
      timeline.precede(page);
    });
  }

  /** Load the page after the newest message, if the end of the history is not loaded. */
  newer(conversation) {
    const { timeline } = conversation;
    if (timeline.atEnd || !timeline.newest) return Promise.resolve();
    return this._once(conversation, async () => {
      const page = await this._ask('AFTER', conversation, `msgid=${timeline.newest}`, PAGE);
      timeline.extend(page);
      // Whether this was the end is known after one more page, during which live messages wait.
      if (page.count < this._limit(PAGE)) await this._finish(conversation);
    });
  }

  /** Load the messages around one of them, in place of all others. */
  around(conversation, id) {
    return this._once(conversation, async () => {
      const page = await this._ask('AROUND', conversation, `msgid=${id}`, PAGE);
      if (page.messages.some((message) => message.id === id)) conversation.timeline.reset(page, false);
    });
  }

  /** Load the newest messages, in place of a part of the past. */
  latest(conversation) {
    const { timeline } = conversation;
    timeline.hold();
    return this._once(conversation, async () => {
      const page = await this._ask('LATEST', conversation, '*', PAGE).catch(() => null);
      if (page) timeline.reset(page);
      else timeline.ignore();
    });
  }

  async _finish(conversation) {
    const { timeline } = conversation;
    timeline.hold();
    timeline.release(await this._ask('AFTER', conversation, `msgid=${timeline.newest}`, GAP_PAGE).catch(() => null));
  }

  /** Return all that follows the newest message, or null if that is too much or the server knows that message no more. */
  async _gap(conversation, background) {
    const whole = { messages: [], amendments: [], first: null, last: null, count: 0 };
    let cursor = conversation.timeline.newest;
    for (let number = 0; number < GAP_PAGES; number++) {
      let page;
      try {
        page = await this._ask('AFTER', conversation, `msgid=${cursor}`, GAP_PAGE, background);
      } catch (error) {
        if (error.code === 'MESSAGE_ERROR') return null;
        throw error;
      }
      whole.messages.push(...page.messages);
      whole.amendments.push(...page.amendments);
      whole.first ??= page.first;
      whole.last = page.last ?? whole.last;
      if (page.count < this._limit(GAP_PAGE)) return whole;
      cursor = page.last ?? cursor;
    }
    return null;
  }

  async _ask(subcommand, conversation, selector, limit, background = false) {
    const params = [subcommand, conversation.name, selector, String(this._limit(limit))];
    return toPage([await this._connection.request('CHATHISTORY', params, { background })], this._reader);
  }

  _limit(limit) {
    return Math.min(limit, this._connection.isupport.number('CHATHISTORY', limit) || limit);
  }

  /** Do one thing at a time for a conversation; the same request twice at once is one. */
  _once(conversation, work) {
    const before = this._busy.get(conversation) ?? Promise.resolve();
    const now = before.then(work).catch(() => {}).finally(() => {
      if (this._busy.get(conversation) === now) this._busy.delete(conversation);
    });
    this._busy.set(conversation, now);
    return now;
  }
}

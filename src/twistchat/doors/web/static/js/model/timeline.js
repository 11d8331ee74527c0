import { Observable } from './observable.js';

/** How many messages a conversation keeps; beyond, the oldest are forgotten and can be loaded again. */
const MOST = 2000;

/** How many changes of messages that are not loaded are kept. */
const MOST_AMENDMENTS = 500;

/**
 * The messages of a conversation that are loaded: one part of its history without gaps, in order, each message once.
 *
 * Watchers get `{type: 'reset'}`, `{type: 'append'|'prepend', messages}` (no older ones: the
 * history begins here) or `{type: 'update', id, message}`.
 */
export class Timeline extends Observable {
  constructor() {
    super();
    this._clear();
  }

  _clear() {
    /** @type {import('../model/messages.js').Message[]} */
    this.messages = [];
    this._ids = new Set();
    this._amendments = new Map();
    this._held = null;
    /** The id of the oldest and newest line of the history that is loaded, also of lines that show no message. */
    this.oldest = null;
    this.newest = null;
    /** Whether the history begins and ends with what is loaded. */
    this.atStart = false;
    this.atEnd = true;
    /** Whether a page of the history was loaded. */
    this.loaded = false;
  }

  has(id) {
    return this._ids.has(id);
  }

  find(id) {
    return this.has(id) ? this.messages.find((message) => message.id === id) : undefined;
  }

  /** Keep live messages back until `release`, while what was before them is loaded. */
  hold() {
    this._held ??= [];
  }

  /** Add a message from the live connection, at the end. */
  add(message, cursor = null) {
    if (this._held) {
      this._held.push({ message, cursor });
      return;
    }
    if (!this.atEnd) return;
    if (cursor) this.newest = cursor;
    this.oldest ??= cursor;
    this._append([message]);
  }

  /**
   * Note that a line was heard live that shows no message, so that the history after it is loaded later.
   */
  pass(cursor) {
    if (this._held) this._held.push({ message: null, cursor });
    else if (this.atEnd) this.newest = cursor ?? this.newest;
  }

  /**
   * Add a part of the history, and the messages that were held back, at the end.
   *
   * @param {import('../history/page.js').Page} page
   */
  release(page) {
    const held = this._held ?? [];
    this._held = null;
    if (page) {
      this.oldest ??= page.first;
      this.newest = page.last ?? this.newest;
      page.amendments.forEach((amendment) => this.amend(amendment));
    }
    this._append(this._joined(page?.messages ?? [], held));
  }

  /** Return messages of the history and live ones in one order: time never decreases in a room. */
  _joined(messages, held) {
    for (const { cursor } of held ?? []) {
      this.newest = cursor ?? this.newest;
      this.oldest ??= cursor;
    }
    const live = (held ?? []).map((item) => item.message).filter(Boolean);
    return [...messages, ...live].sort((one, other) => one.time - other.time);
  }

  /** Add the page after the newest message, where the end is not loaded. */
  extend(page) {
    this.newest = page.last ?? this.newest;
    page.amendments.forEach((amendment) => this.amend(amendment));
    this._append(page.messages);
  }

  /** Add the page before the oldest message. */
  precede(page) {
    this.oldest = page.first ?? this.oldest;
    page.amendments.forEach((amendment) => this.amend(amendment));
    const messages = this._fresh(page.messages);
    this.messages.unshift(...messages);
    if (messages.length || this.atStart) this.changed({ type: 'prepend', messages });
  }

  /**
   * Forget everything, and begin with a page.
   *
   * @param {boolean} atEnd whether nothing comes after the page but the messages that were held back
   */
  reset(page, atEnd = true) {
    const held = this._held;
    this._clear();
    this._held = atEnd ? null : held;
    this.loaded = true;
    this.oldest = page.first;
    this.newest = page.last;
    this.atEnd = atEnd;
    page.amendments.forEach((amendment) => this.amend(amendment));
    this.messages = this._fresh(this._joined(page.messages, atEnd ? held : null));
    this.changed({ type: 'reset' });
  }

  /** Change a message, now or when it is loaded. */
  amend(amendment) {
    const index = this.messages.findIndex((message) => message.id === amendment.of);
    if (index < 0) {
      const waiting = this._amendments.get(amendment.of) ?? [];
      if (this._amendments.size < MOST_AMENDMENTS) this._amendments.set(amendment.of, [...waiting, amendment]);
      return;
    }
    const message = amendment.change(this.messages[index]);
    this.messages[index] = message;
    this.changed({ type: 'update', id: message.id, message });
  }

  _append(candidates) {
    const messages = this._fresh(candidates);
    if (!messages.length) return;
    this.messages.push(...messages);
    const excess = this.messages.length - MOST;
    if (excess > 0) {
      this.messages.splice(0, excess).forEach((message) => this._ids.delete(message.id));
      this.oldest = this.messages[0].id;
      this.atStart = false;
    }
    this.changed({ type: 'append', messages, newer: !this.atEnd });
  }

  /** Return the messages that are not here yet, with what changed them. */
  _fresh(messages) {
    return messages.filter((message) => !this._ids.has(message.id) && this._ids.add(message.id)).map((message) => {
      const waiting = this._amendments.get(message.id) ?? [];
      this._amendments.delete(message.id);
      return waiting.reduce((amended, amendment) => amendment.change(amended), message);
    });
  }
}

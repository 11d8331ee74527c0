import { isLocal } from './messages.js';
import { Observable } from './observable.js';

/**
 * How many messages a conversation keeps. Beyond, the oldest are forgotten, or the newest while the reader is far from them. They
 * can be loaded again.
 */
const MOST = 2000;

/** How many of the newest are forgotten at once, since the end of the history is to be loaded again then. */
const NEWEST = 200;

/** How many changes of messages that are not loaded are kept. */
const MOST_AMENDMENTS = 500;

/**
 * The messages of a conversation that are loaded: one part of its history without gaps, in order, each message once.
 *
 * Watchers get `{type: 'reset'}`, `{type: 'append', messages, live, end}` (`live`: they were heard just now; `end`: nothing comes
 * after them), `{type: 'prepend', messages}` (none: the history begins here) or `{type: 'update', id, message}`.
 */
export class Timeline extends Observable {
  constructor() {
    super();
    /** Whether the reader is at messages whose end is far away. Who shows the messages says so. */
    this.isFar = () => false;
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

  /** Do not keep live messages back after all, and forget those: their part of the history is not loaded. */
  ignore() {
    this._held = null;
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
    this._append([message], true);
  }

  /**
   * Note that a line was heard live that shows no message, so that the history after it is loaded later.
   */
  pass(cursor) {
    if (this._held) this._held.push({ message: null, cursor });
    else if (this.atEnd) this.newest = cursor ?? this.newest;
  }

  /**
   * Add the end of the history, and the messages that were held back.
   *
   * @param {import('../history/page.js').Page|null} page
   */
  release(page) {
    const held = this._held ?? [];
    this._held = null;
    if (page) {
      this.oldest ??= page.first;
      this.newest = page.last ?? this.newest;
      page.amendments.forEach((amendment) => this.amend(amendment));
    }
    this.atEnd = true;
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
    if (this.isFar()) this._dropNewest();
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

  _append(candidates, live = false) {
    const messages = this._fresh(candidates);
    this.messages.push(...messages);
    if (live && this.isFar()) this._dropNewest();
    else this._dropOldest();
    if (messages.length || !live) this.changed({ type: 'append', messages, live, end: this.atEnd });
  }

  _dropOldest() {
    const excess = this.messages.length - MOST;
    if (excess <= 0) return;
    const kept = this._place(excess, 1);
    this._drop(0, kept);
    this.oldest = this.messages[0].id;
    this.atStart = false;
  }

  _dropNewest() {
    if (this.messages.length <= MOST) return;
    const last = this._place(MOST - NEWEST - 1, -1);
    this._drop(last + 1, this.messages.length - last - 1);
    this.newest = this.messages[last].id;
    this.atEnd = false;
  }

  _drop(from, count) {
    this.messages.splice(from, count).forEach((message) => this._ids.delete(message.id));
  }

  /** Return the index of a message that the server has an id of: of this one, or the nearest one in a direction. */
  _place(index, step) {
    for (let at = index; at >= 0 && at < this.messages.length; at += step) {
      if (!isLocal(this.messages[at])) return at;
    }
    return index;
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

import { Members } from './members.js';
import { isSpoken } from './messages.js';
import { Observable } from './observable.js';
import { Timeline } from './timeline.js';
import { Unread } from './unread.js';

/**
 * A room, or a private conversation. Watchers hear of everything but its messages (`timeline`) and members (`members`).
 */
export class Conversation extends Observable {
  /** @param {string} name @param {'room'|'person'|'server'} kind */
  constructor(name, kind) {
    super();
    this.name = name;
    this.kind = kind;
    this.timeline = new Timeline();
    this.members = new Members();
    /** Whether this user is in the room. */
    this.joined = false;
    /**
     * Why this user is not in the room, or null: `{how: 'left'}`, `{how: 'kicked', by, reason}` or `{how: 'refused', code, reason}`.
     */
    this.outside = null;
    /** Whether the room has been joined again after a loss of the connection, without an answer yet. */
    this.rejoining = false;
    /** When the room was created, in milliseconds since 1970; null if that is not known. */
    this.created = null;
    this.topic = '';
    this.topicBy = '';
    /** Mode letters to their parameters. @type {Map<string, string>} */
    this.modes = new Map();
    /** @type {Map<string, string>} */
    this.metadata = new Map();
    this._unread = new Unread();
    /** How many messages are not read, and how many of them are for this user. */
    this.unread = 0;
    this.mentions = 0;
    /** The time up to which messages are read, in milliseconds since 1970; null if that is not known. */
    this.marker = null;
    /** Nicks who type, and until when this is believed. @type {Map<string, number>} */
    this.typing = new Map();
  }

  update(fields) {
    Object.assign(this, fields);
    this.changed();
  }

  /** Count those of some messages that are after the read marker. While no marker is known, none is. */
  note(messages) {
    const after = this.marker ?? Infinity;
    for (const message of messages) {
      if (!isSpoken(message) || message.self || message.time <= after) continue;
      this._unread.note(message.id, message.time, this.kind === 'person' || message.mention);
    }
    this._count();
  }

  /** Count a message no more: it was removed. */
  forget(id) {
    if (this._unread.forget(id)) this._count();
  }

  /** Move the read marker on. It never moves back. */
  mark(time) {
    if (this.marker !== null && time <= this.marker) return false;
    const first = this.marker === null;
    this.marker = time;
    this._unread.read(time);
    if (first) this.note(this.timeline.messages);
    else this._count();
    return true;
  }

  _count() {
    this.update({ unread: this._unread.count, mentions: this._unread.mentions });
  }
}

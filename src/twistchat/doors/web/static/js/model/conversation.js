import { Members } from './members.js';
import { isSpoken } from './messages.js';
import { Observable } from './observable.js';
import { Timeline } from './timeline.js';

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

  /** Count the messages after the read marker. */
  countUnread() {
    const unread = this.timeline.messages.filter(
      (message) => isSpoken(message) && !message.self && message.time > (this.marker ?? Infinity));
    const direct = this.kind === 'person';
    this.update({ unread: unread.length, mentions: unread.filter((message) => direct || message.mention).length });
  }

  /** Move the read marker on. It never moves back. */
  mark(time) {
    if (this.marker !== null && time <= this.marker) return false;
    this.marker = time;
    this.countUnread();
    return true;
  }
}

/** Milliseconds between two notices that this user types. Source: IRCv3 typing. */
const EVERY = 3000;

/** Milliseconds without a key after which this user has paused. */
const PAUSE = 5000;

/** Tells others that this user types, if the user allows it. Source: IRCv3 typing. */
export class TypingNotices {
  /**
   * @param {object} parts
   * @param {import('../irc/connection.js').Connection} parts.connection
   * @param {import('../settings.js').Settings} parts.settings
   * @param {{now: () => number, set: Function, clear: Function}} parts.timers
   */
  constructor({ connection, settings, timers }) {
    this._connection = connection;
    this._settings = settings;
    this._timers = timers;
    /** The conversation that others believe this user types in. */
    this._active = null;
    /** When the last notice that this user types was sent, and to where. */
    this._sentAt = -Infinity;
    this._sentTo = null;
    this._timer = null;
  }

  /** The text of a conversation's composer has changed. Commands are not announced. */
  typed(conversation, text) {
    if (!text || /^\/(?!\/)/.test(text)) {
      this.stop(conversation, 'done');
      return;
    }
    if (!this._settings.get('typing')) return;
    if (this._active && this._active !== conversation) this.stop(this._active, 'done');
    this._timers.clear(this._timer);
    this._timer = this._timers.set(() => this.stop(conversation, 'paused'), PAUSE);
    const now = this._timers.now();
    if (this._sentTo === conversation && now - this._sentAt < EVERY) return;
    this._active = conversation;
    this._sentTo = conversation;
    this._sentAt = now;
    this._send(conversation, 'active');
  }

  /** The text was sent: the message itself says that this user types no more. */
  sent() {
    this._timers.clear(this._timer);
    this._active = null;
  }

  /** Say that this user types no more, if others believe so. */
  stop(conversation, state = 'done') {
    if (this._active !== conversation) return;
    this.sent();
    this._send(conversation, state);
  }

  _send(conversation, state) {
    if (!this._connection.capabilities.has('message-tags')) return;
    // It does not wait behind what the page sends by itself: it must not come after the message.
    this._connection.send('TAGMSG', [conversation.name], { tags: { '+typing': state } });
  }
}

/** What a profile has, by its key of the metadata. */
export const KEYS = ['display-name', 'color'];

/**
 * The profiles of users: their display names and the colours of their avatars. Source: IRCv3 metadata.
 *
 * It subscribes to those of others, and sets those of this user. The effects of the answers change `chat.people`. The server
 * keeps the profile of an account; this page keeps that of a guest until it is closed, and sets it again after a loss.
 */
export class Profiles {
  /**
   * @param {object} parts
   * @param {import('../model/chat.js').Chat} parts.chat
   * @param {import('../irc/connection.js').Connection} parts.connection
   * @param {{set: Function}} parts.timers
   */
  constructor({ chat, connection, timers }) {
    this._chat = chat;
    this._connection = connection;
    this._timers = timers;
    /** @type {Map<string, string>} */
    this._own = new Map();
    chat.on('welcomed', () => this._welcomed());
    chat.on('syncLater', ({ target, seconds }) => timers.set(() => this._sync(target), seconds * 1000));
    if (connection.state === 'online') this._welcomed();
  }

  /** Whether the server has profiles. */
  get offered() {
    return ['metadata-3', 'metadata-2'].some((name) => this._connection.capabilities.has(name));
  }

  /** Return what a user has set, or an empty text. */
  of(nick, key) {
    return this._chat.people.get(nick)?.metadata.get(key) ?? '';
  }

  /** Set something of this user; an empty text removes it. @throws {import('../irc/requests.js').RequestError} */
  async set(key, value) {
    if (value === this.of(this._chat.session.nick, key)) return;
    await this._connection.request('METADATA', ['*', 'SET', key, ...(value ? [value] : [])]);
    this._own.set(key, value);
  }

  _welcomed() {
    if (!this.offered) return;
    this._connection.send('METADATA', ['*', 'SUB', ...KEYS], { background: true });
    if (this._chat.session.account) return;
    for (const [key, value] of this._own) {
      if (value) this._connection.send('METADATA', ['*', 'SET', key, value], { background: true });
    }
  }

  _sync(target) {
    this._connection.send('METADATA', [target, 'SYNC'], { background: true });
  }
}

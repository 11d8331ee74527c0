import { Observable } from './observable.js';

/**
 * What is known of users, by nick: of those in the same rooms, and of those in private conversations.
 *
 * @typedef {object} Person
 * @property {string} nick
 * @property {string|null|undefined} account null for a guest, undefined if that is not known
 * @property {string} user
 * @property {string} host
 * @property {string} realname
 * @property {string|null} away the reason, or null
 * @property {boolean|null} online null if that is not known
 * @property {Map<string, string>} metadata
 */
export class People extends Observable {
  constructor(fold) {
    super();
    this._fold = fold;
    /** @type {Map<string, Person>} */
    this._byName = new Map();
  }

  get(nick) {
    return this._byName.get(this._fold(nick));
  }

  /** Note something about a user. */
  note(nick, fields = {}) {
    const before = this.get(nick) ?? {
      nick, account: undefined, user: '', host: '', realname: '', away: null, online: null, metadata: new Map(),
    };
    this._byName.set(this._fold(nick), { ...before, nick, ...fields });
    this.changed(nick);
  }

  rename(from, to) {
    const person = this.get(from);
    this._byName.delete(this._fold(from));
    this.note(to, person ? { ...person, nick: to } : {});
  }

  forget(nick) {
    if (this._byName.delete(this._fold(nick))) this.changed(nick);
  }
}

import { Observable } from './observable.js';

/** The members of a room, with their ranks. */
export class Members extends Observable {
  constructor() {
    super();
    /** Folded nick to member. @type {Map<string, {nick: string, prefixes: string}>} */
    this.byName = new Map();
    this._incoming = null;
  }

  /** Take part of a list of names: items such as `@+nick!user@host`. */
  list(items, chat) {
    this._incoming ??= new Map();
    const signs = chat.isupport.ranks.map((rank) => rank.prefix).join('');
    for (const item of items) {
      let length = 0;
      while (length < item.length && signs.includes(item[length])) length++;
      const [nick, rest = ''] = item.slice(length).split(/!(.*)/s);
      const [user, host] = rest.split('@');
      this._incoming.set(chat.fold(nick), { nick, prefixes: item.slice(0, length) });
      chat.people.note(nick, user ? { user, host: host ?? '' } : {});
    }
  }

  /** The list of names is complete. */
  listed() {
    if (this._incoming) this.byName = this._incoming;
    this._incoming = null;
    this.changed();
  }

  add(name, member) {
    this.byName.set(name, member);
    this.changed();
  }

  remove(name) {
    const found = this.byName.delete(name);
    if (found) this.changed();
    return found;
  }

  rename(from, to, nick) {
    const member = this.byName.get(from);
    if (!member) return false;
    this.byName.delete(from);
    this.add(to, { ...member, nick });
    return true;
  }

  /** Give or take a rank, by its prefix. */
  rank(name, prefix, given, order) {
    const member = this.byName.get(name);
    if (!member) return;
    const prefixes = new Set(member.prefixes);
    if (given) prefixes.add(prefix);
    else prefixes.delete(prefix);
    this.add(name, { ...member, prefixes: [...order].filter((sign) => prefixes.has(sign)).join('') });
  }

  clear() {
    this.byName.clear();
    this.changed();
  }
}

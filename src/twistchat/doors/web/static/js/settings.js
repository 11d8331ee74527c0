import { Observable } from './model/observable.js';

const KEY = 'twistchat';

/** What this browser remembers, with its defaults. No secret is among it. */
const DEFAULTS = Object.freeze({
  /** The name of the last guest, or empty. */
  nick: '',
  /** The rooms to come back to. */
  rooms: [],
  /** `system`, `light` or `dark`. */
  theme: 'system',
  /** Whether the list of members is shown. */
  members: true,
  /** Folded names of rooms: those that stand first, and those whose messages do not count as unread. */
  favourites: [],
  muted: [],
  /** Whether others are told that this user types. */
  typing: true,
});

/** Settings of this browser. Watchers hear of each change. */
export class Settings extends Observable {
  /** @param {Storage} storage */
  constructor(storage) {
    super();
    this._storage = storage;
    let stored = {};
    try {
      stored = JSON.parse(storage.getItem(KEY) ?? '{}');
    } catch {
      // Somebody else's data, or no permission to store: begin with the defaults.
    }
    this._values = { ...DEFAULTS, ...stored };
  }

  get(name) {
    return this._values[name];
  }

  set(name, value) {
    this._values[name] = value;
    try {
      this._storage.setItem(KEY, JSON.stringify(this._values));
    } catch {
      // Without storage, settings last until the page is closed.
    }
    this.changed(name);
  }
}

import { Observable } from './model/observable.js';

const KEY = 'twistchat';

/** What this browser remembers, with its defaults. No secret is among it. */
const DEFAULTS = Object.freeze({
  /** The name of the last guest, or empty. */
  nick: '',
  /** The rooms to come back to. */
  rooms: [],
  /** Whether this browser was in a room before: whoever has left all rooms is brought to none. */
  been: false,
  /** `system`, `light` or `dark`. */
  theme: 'system',
  /** Whether the list of members is shown. */
  members: true,
  /** Folded names of rooms: those that stand first, and those whose messages do not count as unread. */
  favourites: [],
  muted: [],
  /** Whether others are told that this user types. */
  typing: true,
  /** `comfortable` or `compact`: how much room rows have. */
  density: 'comfortable',
  /** `small`, `medium`, `large` or `huge`: the size of type. */
  size: 'medium',
  /** `system`, `12` or `24`: how times are shown. */
  clock: 'system',
  /** Whether the log shows who comes and goes. */
  presence: true,
  /** Words that count as a mention, besides the nick. */
  highlights: [],
  /** Whether the desktop shows notifications, if the browser permits it. */
  notifications: false,
  /** The language of the page. */
  language: 'en',
});

/** Whether a stored value can stand in the place of a default. */
const isLike = (value, model) => typeof value === typeof model && Array.isArray(value) === Array.isArray(model) && value !== null;

/** Settings of this browser. Watchers hear of each change, also of one in another tab. */
export class Settings extends Observable {
  /**
   * @param {Storage} storage
   * @param {EventTarget|null} tabs where the event `storage` of other tabs arrives: the window
   */
  constructor(storage, tabs = null) {
    super();
    this._storage = storage;
    this._values = this._read();
    tabs?.addEventListener('storage', (event) => {
      if (event.key !== KEY && event.key !== null) return;
      this._values = this._read();
      this.changed();
    });
  }

  /** Read what is stored. What nobody can use is left out: somebody else's data, or no permission to store. */
  _read() {
    try {
      const stored = Object.entries(JSON.parse(this._storage.getItem(KEY) ?? '{}'));
      return { ...DEFAULTS, ...Object.fromEntries(stored.filter(([name, value]) => isLike(value, DEFAULTS[name]))) };
    } catch {
      return { ...DEFAULTS };
    }
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

  /** Forget everything that this browser remembers. */
  forget() {
    this._values = { ...DEFAULTS };
    try {
      this._storage.removeItem(KEY);
    } catch {
      // There is nothing to forget.
    }
    this.changed();
  }
}

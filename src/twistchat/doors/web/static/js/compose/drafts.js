/** Keys of the storage begin with this. */
const PREFIX = 'twistchat-draft ';

/** Milliseconds after which a draft is stored, and the length of the longest that is. */
const DELAY = 400;
const LONGEST = 50000;

/** What is typed and not sent, by conversation. The browser keeps it. */
export class Drafts {
  /**
   * @param {Storage} storage
   * @param {{set: Function, clear: Function}} timers
   * @param {(name: string) => string} fold
   * @param {(name: string, text: string) => boolean} isSecret whether a text may have a password. It is not stored
   */
  constructor(storage, timers, fold, isSecret = () => false) {
    this._storage = storage;
    this._timers = timers;
    this._fold = fold;
    this._isSecret = isSecret;
    /** What is not stored yet. @type {Map<string, string>} */
    this._waiting = new Map();
    this._timer = null;
  }

  read(name) {
    const key = this._fold(name);
    if (this._waiting.has(key)) return this._waiting.get(key);
    try {
      return this._storage.getItem(PREFIX + key) ?? '';
    } catch {
      return '';
    }
  }

  write(name, text) {
    this._waiting.set(this._fold(name), text);
    this._timer ??= this._timers.set(() => this.store(), DELAY);
  }

  /** A conversation has another name. */
  rename(from, to) {
    this.write(to, this.read(from));
    this.write(from, '');
  }

  /** Store what was written, now. */
  store() {
    this._timers.clear(this._timer);
    this._timer = null;
    for (const [key, text] of this._waiting) {
      try {
        const storable = text.length <= LONGEST && !this._isSecret(key, text);
        if (text && storable) this._storage.setItem(PREFIX + key, text);
        else this._storage.removeItem(PREFIX + key);
        if (storable) this._waiting.delete(key);
      } catch {
        // Without storage, drafts last until the page is closed.
      }
    }
  }

  /** Forget all drafts of this browser. */
  clear() {
    this._waiting.clear();
    try {
      for (const key of Object.keys(this._storage)) if (key.startsWith(PREFIX)) this._storage.removeItem(key);
    } catch {
      // There is no storage.
    }
  }
}

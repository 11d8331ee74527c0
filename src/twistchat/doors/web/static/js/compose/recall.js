/** How many texts are kept. */
const MOST = 100;

/** The texts that were sent from a composer, for the arrow keys. */
export class Recall {
  constructor() {
    /** @type {string[]} */
    this._texts = [];
    this._at = 0;
    /** What was being written when the first text was recalled. */
    this._unsent = '';
  }

  /** Keep a text. */
  add(text) {
    if (this._texts.at(-1) !== text) this._texts.push(text);
    if (this._texts.length > MOST) this._texts.shift();
    this.rest();
  }

  /** Begin at the newest text again. */
  rest() {
    this._at = this._texts.length;
  }

  /** Whether a text is one that was recalled, and not changed since. */
  shows(text) {
    return this._at < this._texts.length && this._texts[this._at] === text;
  }

  /** Return the text before, or null if there is none. @param {string} current what is written now */
  older(current) {
    if (this._at === 0) return null;
    if (this._at === this._texts.length) this._unsent = current;
    return this._texts[--this._at];
  }

  /** Return the text after, at last what was being written, or null if that is shown. */
  newer() {
    if (this._at >= this._texts.length) return null;
    this._at++;
    return this._at === this._texts.length ? this._unsent : this._texts[this._at];
  }
}

import { Observable } from '../model/observable.js';

/** Milliseconds between two looks at the server. */
export const INTERVAL = 5000;

/** Looks at the server every few seconds, while somebody sees the page. */
export class Watching extends Observable {
  /**
   * @param {import('./server.js').Server} server
   * @param {{set: Function, clear: Function}} timers
   * @param {Document} document tells whether somebody sees the page
   */
  constructor(server, timers, document) {
    super();
    this._server = server;
    this._timers = timers;
    this._document = document;
    this._timer = null;
    this._looking = false;
    /** How the server is; null before the first answer. */
    this.status = null;
    /** Why the last look failed, or null. */
    this.error = null;
    /** Whether this browser may not look any more: it is logged out, or its user is no administrator. */
    this.refused = false;
    document.addEventListener('visibilitychange', () => this.look());
  }

  /** Look now, if somebody sees the page, and again later. */
  async look() {
    this._timers.clear(this._timer);
    if (this._document.visibilityState === 'hidden' || this.refused || this._looking) return;
    this._looking = true;
    try {
      this.status = await this._server.status();
      this.error = null;
    } catch (error) {
      this.fail(error);
      this.error = error;
    }
    this._looking = false;
    this.changed();
    if (!this.refused) this._timer = this._timers.set(() => this.look(), INTERVAL);
  }

  /** Note an error that may tell that this browser may do nothing here any more. */
  fail(error) {
    if (error.status !== 401 && error.code !== 'NO_ADMINISTRATOR') return;
    this.refused = true;
    this.error = error;
    this.changed();
  }
}

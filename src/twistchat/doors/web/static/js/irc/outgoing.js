/**
 * The messages that wait to be sent, each of one line or of the lines of a batch. The server takes five messages at once from a
 * guest, then two a second, and lets faster ones wait. They wait here instead, so what a person types overtakes what the page
 * asks for by itself.
 */
export class Outgoing {
  /**
   * @param {(line: string) => void} send
   * @param {{now: () => number, set: Function, clear: Function}} timers
   * @param {{burst: number, interval: number}} rate messages at once, and milliseconds for each further one
   */
  constructor(send, timers, rate = { burst: 5, interval: 500 }) {
    this._send = (line) => send(line);
    this._timers = timers;
    this._rate = rate;
    this._urgent = [];
    this._background = [];
    this._timer = null;
    /** When the next message could be sent if no burst were allowed. */
    this._free = -Infinity;
  }

  /** Send the lines of one message, as soon as the rate allows. */
  push(lines, background = false) {
    (background ? this._background : this._urgent).push(lines);
    this._flush();
  }

  /** Forget what waits. */
  clear() {
    this._urgent = [];
    this._background = [];
    this._timers.clear(this._timer);
    this._timer = null;
    this._free = -Infinity;
  }

  _flush() {
    this._timers.clear(this._timer);
    this._timer = null;
    const { burst, interval } = this._rate;
    while (this._urgent.length || this._background.length) {
      const now = this._timers.now();
      // Two messages of the burst are kept for what a person does.
      const spare = this._urgent.length ? burst - 1 : burst - 3;
      const wait = Math.max(this._free, now) - now - spare * interval;
      if (wait > 0) {
        this._timer = this._timers.set(() => this._flush(), wait);
        return;
      }
      this._free = Math.max(this._free, now) + interval;
      (this._urgent.length ? this._urgent : this._background).shift().forEach(this._send);
    }
  }
}

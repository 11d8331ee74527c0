/** IRCv3 WebSocket: one line per message, as text. */
const SUBPROTOCOL = 'text.ircv3.net';

/** The first wait before a new attempt and the longest one, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 20000;

/**
 * A WebSocket that connects again when it is lost. Its state is `closed`, `connecting`, `open` or `waiting`.
 */
export class Socket {
  /**
   * @param {string} url
   * @param {{onState: (state: string) => void, onLine: (line: string) => void}} listener
   * @param {{now: () => number, set: Function, clear: Function, random: () => number}} timers
   * @param {typeof WebSocket} Carrier
   */
  constructor(url, listener, timers, Carrier) {
    this._url = url;
    this._listener = listener;
    this._timers = timers;
    this._Carrier = Carrier;
    this._attempts = 0;
    this._timer = null;
    this._carrier = null;
    this.state = 'closed';
    /** When the next attempt begins, while the state is `waiting`. */
    this.retryAt = 0;
  }

  /** Connect, and stay connected until `close`. */
  open() {
    this._timers.clear(this._timer);
    this._timer = null;
    if (this._carrier) return;
    this._become('connecting');
    const carrier = new this._Carrier(this._url, SUBPROTOCOL);
    this._carrier = carrier;
    carrier.onopen = () => this._become('open');
    carrier.onmessage = (event) => {
      if (carrier !== this._carrier) return;
      if (typeof event.data === 'string') this._listener.onLine(event.data.replace(/[\r\n]+$/, ''));
    };
    carrier.onclose = () => this._lost(carrier);
  }

  /** Say that the connection serves its purpose, so the next loss waits shortly again. */
  settled() {
    this._attempts = 0;
  }

  send(line) {
    if (this.state === 'open') this._carrier.send(line);
  }

  /** Drop the connection. It is opened again, unless `close` was called. */
  drop() {
    const carrier = this._carrier;
    if (carrier) {
      this._lost(carrier);
      carrier.close();
    }
  }

  /** Disconnect, and stay so. */
  close() {
    this._timers.clear(this._timer);
    this._timer = null;
    const carrier = this._carrier;
    this._carrier = null;
    this._become('closed');
    carrier?.close();
  }

  _lost(carrier) {
    if (carrier !== this._carrier) return;
    this._carrier = null;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this._attempts++) * (0.75 + this._timers.random() / 2);
    this.retryAt = this._timers.now() + wait;
    this._timer = this._timers.set(() => this.open(), wait);
    this._become('waiting');
  }

  _become(state) {
    if (state === this.state) return;
    this.state = state;
    this._listener.onState(state);
  }
}

/** A clock whose timers run when it is advanced. */
export class FakeTimers {
  constructor() {
    this.time = 1000000;
    this._timers = new Map();
    this._next = 1;
  }

  now = () => this.time;
  random = () => 0.5;
  set = (callback, ms) => {
    this._timers.set(this._next, { callback, at: this.time + ms });
    return this._next++;
  };
  clear = (timer) => this._timers.delete(timer);

  advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const [first] = [...this._timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!first) break;
      this._timers.delete(first[0]);
      this.time = first[1].at;
      first[1].callback();
    }
    this.time = end;
  }
}

/** A class of WebSockets that record what is sent. `made` has all of them. */
export function fakeSockets() {
  const made = [];
  class FakeSocket {
    constructor(url, protocol) {
      Object.assign(this, { url, protocol, sent: [], closed: false });
      made.push(this);
    }

    send(line) {
      this.sent.push(line);
    }

    close() {
      this.closed = true;
    }

    receive(...lines) {
      for (const line of lines) this.onmessage({ data: line });
    }
  }
  return { FakeSocket, made };
}

/** Let promises that are settled continue. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/**
 * A request that the server refused, or that got no answer.
 *
 * @property {string} code such as `CANNOT_SEND`, the numeric such as `404`, `DISCONNECTED` or `TIMEOUT`
 * @property {string[]} context the parameters of the answer
 * @property {string} message what the server says about it
 */
export class RequestError extends Error {
  constructor(code, text, context = []) {
    super(text);
    this.code = code;
    this.context = context;
  }
}

/** Milliseconds until a request without an answer fails. */
const TIMEOUT = 60000;

/** Numerics of errors: those of 400 to 599, and a few others. No command that this page sends has others in its answer. */
const isError = (message) => /^(263|[45]\d\d|696|734|775|90[24567])$/.test(message.command);

/** Return the error that an answer is, or null. */
export function errorOf(message) {
  if (message.command === 'FAIL') {
    const [, code = '', ...context] = message.params;
    return new RequestError(code, context.at(-1) ?? code, context.slice(0, -1));
  }
  if (isError(message)) return new RequestError(message.command, message.params.at(-1) ?? '', message.params.slice(1, -1));
  return null;
}

/** Return all lines of an answer, without their batches. */
export function lines(item) {
  return item.kind === 'batch' ? item.items.flatMap(lines) : [item];
}

/**
 * Requests that wait for their labelled answers. Source: IRCv3 labeled-response, standard-replies.
 */
export class Requests {
  /**
   * @param {{set: (callback: () => void, ms: number) => any, clear: (timer: any) => void}} timers
   */
  constructor(timers) {
    this._timers = timers;
    this._next = 1;
    /** @type {Map<string, {resolve: Function, reject: Function, timer: any}>} */
    this._waiting = new Map();
  }

  /**
   * Return a new label, and the promise of the answer with it: a line or a batch. Errors reject it.
   *
   * @param {{quiet: boolean}} options quiet: the notices of the answer are for who asks, and shown nowhere else
   */
  open({ quiet = false } = {}) {
    const label = String(this._next++);
    const answer = new Promise((resolve, reject) => {
      const timer = this._timers.set(() => this._fail(label, new RequestError('TIMEOUT', '')), TIMEOUT);
      this._waiting.set(label, { resolve, reject, timer, quiet });
    });
    return { label, answer };
  }

  /** Whether an item answers a quiet request. */
  isQuiet(item) {
    return this._waiting.get(item.tags.label)?.quiet ?? false;
  }

  /** Settle the request that an item answers, if there is one. */
  take(item) {
    const label = item.tags.label;
    const request = label === undefined ? undefined : this._waiting.get(label);
    if (request === undefined) return false;
    this._waiting.delete(label);
    this._timers.clear(request.timer);
    const error = lines(item).map(errorOf).find(Boolean);
    if (error) request.reject(error);
    else request.resolve(item);
    return true;
  }

  /** Fail all requests: the connection is lost. */
  abandon() {
    for (const label of [...this._waiting.keys()]) this._fail(label, new RequestError('DISCONNECTED', ''));
  }

  _fail(label, error) {
    const request = this._waiting.get(label);
    this._waiting.delete(label);
    if (request) {
      this._timers.clear(request.timer);
      request.reject(error);
    }
  }
}

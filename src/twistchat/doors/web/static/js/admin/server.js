/** An answer of the server that refuses a request, with its `code`. */
export class Refusal extends Error {
  constructor(code, text, status) {
    super(text);
    this.code = code;
    this.status = status;
  }
}

/** How often a command is sent again that came while another one ran. */
const TRIES = 5;

/** Milliseconds until then. */
const PAUSE = 400;

/** Asks the server, over HTTP. */
export class Server {
  /**
   * @param {typeof fetch} fetch
   * @param {{set: (callback: () => void, ms: number) => any}} timers
   */
  constructor(fetch, timers) {
    this._fetch = fetch;
    this._timers = timers;
    this._last = Promise.resolve();
  }

  /** Return how the server is. @throws {Refusal} */
  status() {
    return this._ask('/admin/status');
  }

  /**
   * Return a part of the audit trail, newest act first.
   *
   * @param {string} matching
   * @param {number|null} before the sequence number of the last act that is known
   * @returns {Promise<{items: object[], more: boolean}>}
   */
  acts(matching, before = null) {
    const query = new URLSearchParams();
    if (matching) query.set('matching', matching);
    if (before !== null) query.set('before', String(before));
    return this._ask(`/admin/acts?${query}`);
  }

  /**
   * Use a command, after those before it.
   *
   * @param {string} group `server` or `account`
   * @param {string} verb such as `kick`
   * @param {object} values its arguments
   * @param {{matching?: string, skip?: number}} part which items of a list
   * @throws {Refusal}
   */
  command(group, verb, values = {}, part = {}) {
    const body = JSON.stringify({ command: `${group}.${verb}`, arguments: values, ...part });
    const done = this._last.then(() => this._send(body));
    this._last = done.catch(() => {});
    return done;
  }

  /** Send a command. Another tab may have one that is not done yet. */
  async _send(body) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this._ask('/admin/command', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      } catch (error) {
        if (error.status !== 429 || tries === TRIES) throw error;
        await new Promise((resolve) => { this._timers.set(resolve, PAUSE * tries); });
      }
    }
  }

  async _ask(path, options = {}) {
    let answer;
    try {
      answer = await this._fetch(path, { cache: 'no-store', ...options });
    } catch {
      throw new Refusal('UNREACHABLE', 'The server cannot be reached', 0);
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(body.code ?? `HTTP_${answer.status}`, body.error ?? `${answer.status} ${answer.statusText}`, answer.status);
    return body;
  }
}

import { errorOf, RequestError } from './requests.js';

/**
 * The start of a connection: capabilities, login, nick. Source: modern.ircdocs.horse, IRCv3 capability-negotiation, sasl-3.2.
 *
 * An account logs in by SASL EXTERNAL: the browser sends the cookie of the login with the WebSocket's handshake, so no script
 * sees a secret.
 */
export class Registration {
  /**
   * @param {{nick: string, account: boolean, early?: boolean}} identity whether to log in to the account of the cookie; whether to
   *   stop before the end, for what can be done before it
   * @param {import('./capabilities.js').Capabilities} capabilities
   * @param {(command: string, params?: string[]) => void} send
   * @param {{onDone: (nick: string) => void, onEarly: () => void, onFail: (error: RequestError) => void}} listener
   */
  constructor(identity, capabilities, send, listener) {
    this._identity = identity;
    this._capabilities = capabilities;
    this._send = send;
    this._listener = listener;
    this.done = false;
    /** Whether it has stopped before the end. Then requests are answered. */
    this.early = false;
  }

  start() {
    this._send('CAP', ['LS', '302']);
    this._send('NICK', [this._identity.nick]);
    this._send('USER', [this._identity.nick.replace(/[^A-Za-z0-9]/g, '').slice(0, 16) || 'web', '0', '*', this._identity.nick]);
  }

  /** Take a line from the server. */
  take(message) {
    if (message.command === 'CAP') this._takeCap(message.params);
    else if (this.done || (this.early && message.command !== 'ERROR')) return;
    else if (message.command === 'AUTHENTICATE') this._send('AUTHENTICATE', ['+']);
    else if (message.command === '903') this._send('CAP', ['END']);
    else if (message.command === '001') {
      this.done = true;
      this._listener.onDone(message.params[0]);
    } else {
      const error = message.command === 'ERROR' ? new RequestError('ERROR', message.params[0] ?? '') : errorOf(message);
      if (error) this._listener.onFail(error);
    }
  }

  _takeCap([, subcommand, ...rest]) {
    const list = rest.at(-1) ?? '';
    if (subcommand === 'LS' || subcommand === 'NEW') {
      this._capabilities.offer(list);
      if (subcommand === 'NEW' || rest[0] !== '*') this._request();
    } else if (subcommand === 'ACK') {
      this._capabilities.acknowledge(list);
      this._proceed(list);
    } else if (subcommand === 'NAK') {
      this._proceed(list);
    } else if (subcommand === 'DEL') {
      this._capabilities.withdraw(list);
    }
  }

  _request() {
    const names = this._capabilities.missing();
    /** The capabilities whose request is not answered. An answer may come in several lines. */
    this._asked = new Set(names);
    // A line has 512 bytes.
    for (let line = []; names.length || line.length; ) {
      if (names.length && [...line, names[0]].join(' ').length < 480) {
        line.push(names.shift());
      } else {
        this._send('CAP', ['REQ', line.join(' ')]);
        line = [];
      }
    }
    if (this._asked.size === 0 && !this.done) this._send('CAP', ['END']);
  }

  _proceed(answered) {
    for (const name of answered.split(' ')) this._asked.delete(name);
    if (this.done || this._asked.size > 0) return;
    if (this._identity.early) {
      this.early = true;
      this._listener.onEarly();
      return;
    }
    const mechanisms = this._capabilities.offered.get('sasl') ?? '';
    if (!this._identity.account) this._send('CAP', ['END']);
    else if (!this._capabilities.has('sasl') || !mechanisms.split(',').includes('EXTERNAL')) {
      this._listener.onFail(new RequestError('LOGIN_EXPIRED', ''));
    } else this._send('AUTHENTICATE', ['EXTERNAL']);
  }
}

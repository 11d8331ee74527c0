import { lines } from '../irc/requests.js';

/** What stands for no mail address. */
const NO_MAIL = '*';

/** What a name has that no account has. */
const NO_NAME = /[\s,!@:*?#]/g;

/**
 * The registration of an account. Source: IRCv3 account-registration.
 *
 * At the entry it connects as a guest who enters no room. In the chat it uses the connection that there is.
 */
export class Registering {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this._app = app;
    this._connected = app.entered;
  }

  /** Whether this server takes accounts from the page. Known once it is connected. */
  get offered() {
    return this._app.connection.capabilities.has('account-registration');
  }

  /**
   * Register an account.
   *
   * @param {{name: string, password: string, email: string, invitation: string}} wanted
   * @returns {Promise<string>} what the server says if it wants a code that it has sent by mail; empty if the account is ready
   * @throws {import('../irc/requests.js').RequestError}
   */
  async register({ name, password, email, invitation }) {
    await this._connect(name);
    const params = [name, email || NO_MAIL, password, ...(invitation ? [invitation] : [])];
    const answer = await this._app.connection.request('REGISTER', params);
    const line = lines(answer).find((one) => one.command === 'REGISTER');
    if (line?.params[0] === 'VERIFICATION_REQUIRED') return line.params.at(-1);
    await this._app.settle(name, password);
    return '';
  }

  /** Finish a registration with the code from the mail. @throws {import('../irc/requests.js').RequestError} */
  async verify({ name, password, code }) {
    // The server soon drops who stays before the end of a registration.
    if (!this._connected || !this._app.offer.guests) await this._connect(this._otherNick(name));
    await this._app.connection.request('VERIFY', [name, code]);
    await this._app.settle(name, password);
  }

  /** Give up. */
  end() {
    if (this._connected && !this._app.entered && !this._app.busy) this._app.depart();
  }

  /** Return a nick for who verifies an account: its name belongs to the account already. */
  _otherNick(name) {
    const stem = name.replace(NO_NAME, '').slice(0, 20) || 'guest';
    return `${stem}-${Math.floor(this._app.timers.random() * 9000) + 1000}`;
  }

  async _connect(nick) {
    if (this._app.entered) return;
    if (this._connected) this._app.depart();
    this._connected = false;
    await this._app.arrive(nick);
    this._connected = true;
  }
}

/** A login that the server refused, with its `code`. */
export class LoginError extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/** What a server offers that has no login. */
const GUESTS_ONLY = Object.freeze({
  account: null, providers: [], guests: true, logins: false, register: false, network: 'twistchat',
});

/** Logs in and out over HTTP. The cookie of the login is out of reach of scripts. */
export class Login {
  /** @param {typeof fetch} fetch */
  constructor(fetch) {
    this._fetch = fetch;
  }

  /**
   * Return what the server offers.
   *
   * @returns {Promise<{account: string|null, providers: {name: string, label: string}[], guests: boolean,
   *   logins?: boolean, register: boolean, network: string}>} `logins`: false if nobody can log in
   */
  async read() {
    const answer = await this._fetch('/login', { headers: { Accept: 'application/json' } });
    if (answer.status === 404) return GUESTS_ONLY;
    if (!answer.ok) throw new LoginError('UNREACHABLE', answer.statusText);
    return answer.json();
  }

  /** Log in, and return the name of the account. @throws {LoginError} */
  async enter(name, password, code = '') {
    const body = await this._post('/login', code ? { name, password, code } : { name, password });
    return body.account;
  }

  /** Log out. @param {boolean} everywhere on all devices */
  async leave(everywhere = false) {
    await this._post('/logout', { everywhere });
  }

  async _post(path, content) {
    const answer = await this._fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(content),
    });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new LoginError(body.code ?? `HTTP_${answer.status}`, body.error ?? answer.statusText);
    return body;
  }
}

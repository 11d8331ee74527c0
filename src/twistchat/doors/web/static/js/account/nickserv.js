import { lines } from '../irc/requests.js';

/**
 * What people do with their accounts: commands for NickServ, as docs/irc.md has them. Each returns what NickServ says about it,
 * one text for each line, or what the page reads in these texts.
 *
 * @typedef {object} Credential an app token, a browser, a certificate or an SSH key
 * @property {string} name
 * @property {string} used when it was used last, in words
 *
 * @typedef {object} Account
 * @property {string} registered since when there is the account, in words
 * @property {string} email empty if there is none
 * @property {string[]} nicks
 * @property {boolean} factor whether it has a second factor
 * @property {boolean} alwaysOn
 */
export class NickServ {
  /** @param {import('../irc/connection.js').Connection} connection */
  constructor(connection) {
    this._connection = connection;
  }

  /** Send a command. @returns {Promise<string[]>} @throws {import('../irc/requests.js').RequestError} */
  async ask(command) {
    const answer = await this._connection.request('NS', [command], { quiet: true });
    return lines(answer).filter((line) => line.command === 'NOTICE').map((line) => line.params[1] ?? '');
  }

  /** @returns {Promise<Account>} */
  async account() {
    return readAccount(await this.ask('INFO'));
  }

  /** @returns {Promise<Credential[]>} the credentials of a kind: `TOKEN`, `CERT` or `SSHKEY` */
  async credentials(kind) {
    return readCredentials(await this.ask(`${kind} LIST`)).own;
  }

  /** @returns {Promise<Credential[]>} the browsers that are logged in */
  async browsers() {
    return readCredentials(await this.ask('TOKEN LIST')).browsers;
  }

  /** Make an app token. @returns {Promise<{secret: string|null, said: string[]}>} */
  async addToken(name) {
    const said = await this.ask(`TOKEN ADD ${name}`);
    return { secret: /: (\S+)$/.exec(said.length > 1 ? said[0] : '')?.[1] ?? null, said };
  }

  remove(kind, name) {
    return this.ask(`${kind} DEL ${name}`);
  }

  add(kind, value) {
    return this.ask(`${kind} ADD ${value}`);
  }

  /** Begin with a second factor. @returns {Promise<{uri: string|null, secret: string, said: string[]}>} */
  async beginFactor() {
    const said = await this.ask('TOTP SETUP');
    const uri = said.find((text) => text.startsWith('otpauth://')) ?? null;
    return { uri, secret: secretOf(uri), said };
  }

  /** Confirm it with a code. @returns {Promise<{codes: string[], said: string[]}>} `codes`: none if the code is wrong */
  async confirmFactor(code) {
    const said = await this.ask(`TOTP CONFIRM ${code}`);
    const codes = said.length > 1 ? (/: ([\w -]+)$/.exec(said.at(-1))?.[1] ?? '') : '';
    return { codes: codes.split(' ').filter(Boolean), said };
  }

  endFactor(code) {
    return this.ask(`TOTP OFF ${code}`);
  }

  setPassword(password) {
    return this.ask(`SET PASSWORD ${password}`);
  }

  setEmail(address) {
    return this.ask(`SET EMAIL ${address}`);
  }

  verifyEmail(code) {
    return this.ask(`VERIFY ${code}`);
  }

  setAlwaysOn(on) {
    return this.ask(`SET ALWAYS-ON ${on ? 'on' : 'off'}`);
  }
}

/** Return the secret of an otpauth URI, in groups that can be read aloud. */
export function secretOf(uri) {
  const secret = /[?&]secret=([A-Z2-7]+)/.exec(uri ?? '')?.[1] ?? '';
  return secret.match(/.{1,4}/g)?.join(' ') ?? '';
}

/** Read the answer to INFO. @returns {Account} */
export function readAccount(said) {
  const after = (start) => said.find((text) => text.startsWith(start))?.slice(start.length) ?? '';
  const email = after('Mail address: ');
  return {
    registered: /: registered (.+)$/.exec(said[0] ?? '')?.[1] ?? '',
    email: email === 'none' ? '' : email,
    nicks: after('Nicks: ').split(', ').filter(Boolean),
    factor: said.some((text) => text.includes('TOTP OFF')),
    alwaysOn: said.some((text) => text.includes('ALWAYS-ON off')),
  };
}

/** Read the answer to a LIST: the credentials of the kind, and browsers below a line of their own. */
export function readCredentials(said) {
  const lists = { own: [], browsers: [] };
  let list = lists.own;
  for (const text of said.slice(1)) {
    const found = /^(.+) \((.+)\)$/.exec(text);
    if (found) list.push({ name: found[1], used: found[2] });
    else list = lists.browsers;
  }
  return lists;
}

/** Return a text with its times as this browser shows times. NickServ names them in UTC. */
export function withLocalTimes(text) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return text.replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g, (_, day, time) => format.format(new Date(`${day}T${time}Z`)));
}

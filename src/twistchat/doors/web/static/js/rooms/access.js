import { lines, RequestError } from '../irc/requests.js';

/** The words of an access list, as ranks. Source: docs/irc.md, Ranks and ChanServ. */
const RANKS = { admin: 'a', operator: 'o', 'half-operator': 'h', voice: 'v' };

/** The letters of the ranks that an access list has, highest first. */
const ORDER = 'aohv';

/** How ChanServ says that it has changed a list. Anything else that it says is why it has not. */
const CHANGED = / (has this rank in|is no longer in the access list of) /;

/** The ranks that accounts have in a registered room whenever they join. ChanServ keeps them. */
export class AccessList {
  /** @param {{connection: object, chat: object}} parts */
  constructor({ connection, chat }) {
    this._connection = connection;
    this._chat = chat;
  }

  /**
   * Return the list of a room, or null if this user does not change it: the room is not registered, or neither the founder nor a
   * protected operator of the list asks.
   *
   * @returns {Promise<Map<string, string>|null>} folded accounts, and the letters of their ranks
   */
  async load(room) {
    const { account } = this._chat.session;
    if (!account) return null;
    const [first = '', ...entries] = await this._ask('LIST', room);
    if (!first.startsWith('The access list of ')) return null;
    const list = new Map(entries.map((entry) => {
      const [, name, words] = /^(\S+): (.*)$/.exec(entry) ?? ['', '', ''];
      return [this._chat.fold(name), words.split(', ').map((word) => RANKS[word] ?? '').join('')];
    }));
    const own = list.get(this._chat.fold(account));
    // The founder is not in the list.
    return own === undefined || own.includes('a') ? list : null;
  }

  /**
   * Give a rank to an account for good, or take it.
   *
   * @throws {RequestError} ChanServ refuses it
   */
  async change(room, account, mode, given) {
    const held = (await this.load(room))?.get(this._chat.fold(account)) ?? '';
    const ranks = [...ORDER].filter((letter) => (letter === mode ? given : held.includes(letter))).join('');
    if (ranks === held) return;
    const said = await this._ask(...(ranks ? ['SET', room, account, ranks] : ['DEL', room, account]));
    if (!said.some((text) => CHANGED.test(text))) throw new RequestError('CHANSERV', said.join(' '));
  }

  async _ask(action, room, ...words) {
    const answer = await this._connection.request('CS', [['ACCESS', room.name, action, ...words].join(' ')], { quiet: true });
    return lines(answer).filter((line) => line.command === 'NOTICE').map((line) => line.params[1] ?? '');
  }
}

/** Whether a rank can be in an access list: there is one founder, who is not in it. */
export function canKeep(mode) {
  return ORDER.includes(mode);
}

import { folding } from './casemapping.js';

/**
 * What the server says in numeric 005. Source: modern.ircdocs.horse, RPL_ISUPPORT.
 */
export class Isupport {
  constructor() {
    /** @type {Map<string, string>} */
    this.tokens = new Map();
    this._derive();
  }

  /** Take the parameters of a 005: the nick, tokens, and a text. */
  apply(params) {
    for (const token of params.slice(1, -1)) {
      if (token.startsWith('-')) {
        this.tokens.delete(token.slice(1));
      } else {
        const [name, value = ''] = token.split(/=(.*)/s);
        this.tokens.set(name, value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
      }
    }
    this._derive();
  }

  _derive() {
    /** Fold a name, to compare it. */
    this.fold = folding(this.tokens.get('CASEMAPPING') ?? 'ascii');
    const prefix = /^\((\w*)\)(.*)$/.exec(this.tokens.get('PREFIX') ?? '(qaohv)~&@%+') ?? ['', '', ''];
    /** The ranks, highest first. @type {{mode: string, prefix: string}[]} */
    this.ranks = [...prefix[1]].map((mode, index) => ({ mode, prefix: prefix[2][index] ?? '' }));
    this.roomTypes = this.tokens.get('CHANTYPES') ?? '#';
    const kinds = (this.tokens.get('CHANMODES') ?? 'beI,k,l,imnst').split(',');
    /** Modes that are lists; that always have a parameter; that have one when set. */
    this.modeKinds = { list: kinds[0] ?? '', always: kinds[1] ?? '', set: kinds[2] ?? '' };
  }

  /**
   * Return what parameters of MODE change, such as `+o-v alice bob`.
   *
   * @param {string[]} params
   * @returns {{given: boolean, mode: string, value: string, kind: 'rank'|'list'|'other'}[]} the value is empty where there is none
   */
  changes([letters = '', ...values]) {
    const { list, always, set } = this.modeKinds;
    const made = [];
    let given = true;
    for (const mode of letters) {
      if (mode === '+' || mode === '-') {
        given = mode === '+';
        continue;
      }
      const kind = this.ranks.some((rank) => rank.mode === mode) ? 'rank' : list.includes(mode) ? 'list' : 'other';
      const valued = kind !== 'other' || always.includes(mode) || (given && set.includes(mode));
      made.push({ given, mode, value: (valued && values.shift()) || '', kind });
    }
    return made;
  }

  /** Whether a target is a room. */
  isRoom(name) {
    return name !== '' && this.roomTypes.includes(name[0]);
  }

  /** Return the room of a target such as `@#room` (STATUSMSG), or the target itself. */
  withoutStatus(target) {
    const statuses = this.tokens.get('STATUSMSG') ?? '';
    return statuses.includes(target[0]) && this.isRoom(target.slice(1)) ? target.slice(1) : target;
  }

  /** Return a token's number, or a default. */
  number(name, otherwise) {
    const value = parseInt(this.tokens.get(name) ?? '', 10);
    return Number.isFinite(value) ? value : otherwise;
  }
}

import { RequestError } from '../../irc/requests.js';
import { t } from '../../strings/index.js';
import { ASKING } from './asking.js';
import { OPERATING } from './operating.js';
import { Context } from './parse.js';
import { TALKING } from './talking.js';

/** Other names of commands. */
const ALIASES = {
  j: 'join', leave: 'part', close: 'part', query: 'msg', m: 'msg', t: 'topic', w: 'whois', quote: 'raw', h: 'help', k: 'kick', exit: 'quit',
  rooms: 'list', who: 'names',
};

/**
 * The `/commands`. Features add theirs with `add`.
 *
 * A command is a function that gets a context and the text after its name. It may return a promise, and throws a
 * `RequestError`. The strings `command.NAME` and `command.NAME.usage` say what it does and how it is used.
 */
export class Commands {
  constructor() {
    /** @type {Map<string, (context: Context, rest: string) => unknown>} */
    this._byName = new Map(Object.entries({ ...TALKING, ...OPERATING, ...ASKING, help: (context, rest) => this._help(context, rest) }));
  }

  /** Add a command, or put another one in its place. */
  add(name, run) {
    this._byName.set(name, run);
  }

  /** Return the commands by name, with what they do. */
  list() {
    return [...this._byName.keys()].sort().map((name) => ({ name, hint: t(`command.${name}`) }));
  }

  /**
   * Run a command.
   *
   * @param {{name: string, rest: string}} command
   * @param {object} parts `app`, `conversation`, `sending` and `tell` of the context
   * @throws {RequestError} there is no such command, it lacks something, or the server refuses it
   */
  async run({ name, rest }, parts) {
    const known = this._named(name);
    if (!known) throw new RequestError('NO_COMMAND', '', [name]);
    const context = new Context({ ...parts, usage: t(`command.${known}.usage`) });
    await this._byName.get(known)(context, rest);
  }

  _named(name) {
    const known = ALIASES[name] ?? name;
    return this._byName.has(known) ? known : null;
  }

  _help(context, rest) {
    const name = rest.replace(/^\//, '').toLowerCase();
    if (!name) {
      const all = this.list().map((one) => `${t(`command.${one.name}.usage`)} — ${one.hint}`);
      context.tell([t('command.helpTitle'), ...all, t('command.helpSlash')].join('\n'));
      return;
    }
    const known = this._named(name);
    if (!known) throw new RequestError('NO_COMMAND', '', [name]);
    const others = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === known).map((alias) => `/${alias}`);
    const also = others.length ? `\n${t('command.also', { names: others.join(', ') })}` : '';
    context.tell(`${t(`command.${known}.usage`)} — ${t(`command.${known}`)}${also}`);
  }
}

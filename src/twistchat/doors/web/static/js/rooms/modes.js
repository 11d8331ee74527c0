/**
 * The modes of a room that the page offers, the most used first, and the rank that changes each. Those of server operators have
 * `*`. What each one does is in the strings, with the words of docs/irc.md, Channel modes.
 */
export const MODES = Object.freeze([
  { mode: 'i', by: 'o' }, { mode: 'R', by: 'o' }, { mode: 'k', by: 'o', value: 'text' }, { mode: 'l', by: 'o', value: 'number' },
  { mode: 'm', by: 'h' }, { mode: 'M', by: 'h' }, { mode: 't', by: 'o' }, { mode: 's', by: 'o' }, { mode: 'n', by: 'o' },
  { mode: 'g', by: 'o' }, { mode: 'c', by: 'o' }, { mode: 'C', by: 'o' }, { mode: 'T', by: 'o' }, { mode: 'N', by: 'o' },
  { mode: 'f', by: 'o', value: 'text' }, { mode: 'P', by: 'q' }, { mode: 'z', by: 'o' }, { mode: 'O', by: '*' },
]);

/** The modes of `MODES` that most rooms never need. */
export const RARE = 'cCTNfPzO';

/** The lists of masks, the rank that changes them, and the numerics of their entries. Source: modern.ircdocs.horse, MODE. */
export const LISTS = Object.freeze([
  { mode: 'b', by: 'h', entry: '367' }, { mode: 'e', by: 'h', entry: '348' }, { mode: 'I', by: 'h', entry: '346' },
]);

/** Return the modes of a table that the server has. Source: modern.ircdocs.horse, CHANMODES. */
export function offered(table, isupport) {
  const known = (isupport.tokens.get('CHANMODES') ?? '').replaceAll(',', '');
  return table.filter(({ mode }) => known.includes(mode));
}

/**
 * Return the parameters of MODE that set a mode, or lift it.
 *
 * @param {{mode: string, value?: string}} which
 * @param {string|null} value what to set, empty for a mode without a value; null to lift it
 * @param {string} before the value that it has
 */
export function change({ mode, value: kind }, value, before = '') {
  if (value !== null) return kind ? [`+${mode}`, value] : [`+${mode}`];
  // A key is lifted by naming it.
  return mode === 'k' ? ['-k', before || '*'] : [`-${mode}`];
}

/** Return the entries of a list that lines have. */
export function toEntries(lines, { entry }) {
  return lines.filter((line) => line.command === entry).map((line) => {
    const [, , mask, by = '', time = ''] = line.params;
    return { mask, by: by.split('!')[0], time: Number(time) * 1000 || null };
  });
}

/**
 * Return who can be meant by a ban of somebody. The first choice is one that meets nobody else; an address may be that of many.
 *
 * @param {string} nick
 * @param {import('../model/people.js').Person|undefined} person
 * @returns {{kind: 'account'|'host'|'nick', mask: string}[]}
 */
export function masksOf(nick, person) {
  const masks = [{ kind: 'nick', mask: `${nick}!*@*` }];
  if (person?.account) masks.unshift({ kind: 'account', mask: `~a:${person.account}` });
  if (person?.host) masks.push({ kind: 'host', mask: `*!*@${person.host}` });
  return masks;
}

/** Return the other members of a room who have the address of a nick, as far as that is known. */
export function neighbours(chat, room, nick) {
  const host = chat.people.get(nick)?.host;
  const name = chat.fold(nick);
  const others = [...room.members.byName].filter(([other, member]) => other !== name && host && chat.people.get(member.nick)?.host === host);
  return others.map(([, member]) => member.nick);
}

/** What a mask may begin with. Source: docs/irc.md, Extended bans. */
const SIGNS = { a: 'account', c: 'room', r: 'realname', U: 'guest', m: 'quiet', n: 'fixed' };

/**
 * Return what a mask means: what kind it is, who is meant, and whether those may come in and not speak.
 *
 * @returns {{kind: string, who: string, quiet: boolean}} a kind of the strings `mask.…`
 */
export function readMask(mask) {
  const [, sign, rest] = /^~(\w):(.*)$/s.exec(mask) ?? [];
  const kind = SIGNS[sign];
  if (kind === 'quiet') return { ...readMask(rest), quiet: true };
  if (kind) return { kind, who: rest, quiet: false };
  const [, nick, user, host] = /^([^!]*)!([^@]*)@(.*)$/s.exec(mask) ?? [];
  if (nick && nick !== '*' && user === '*' && host === '*') return { kind: 'nick', who: nick, quiet: false };
  if (nick === '*' && user === '*' && host && host !== '*') return { kind: 'host', who: host, quiet: false };
  return { kind: 'other', who: mask, quiet: false };
}

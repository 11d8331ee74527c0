/**
 * Ranks of members. Source: modern.ircdocs.horse, PREFIX; docs/irc.md, Ranks.
 *
 * @typedef {import('../model/members.js').Members} Members
 */

const collator = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** Compare two names as people sort them. */
export function byName(one, other) {
  return collator.compare(one, other);
}

/** Sorting keys of members, which cost more than comparing them. */
const keys = new WeakMap();

function keyOf(member) {
  if (!keys.has(member)) keys.set(member, member.nick.normalize('NFKD').toLowerCase());
  return keys.get(member);
}

/** Return the place of the highest of some prefixes: 0 is the highest rank, and the number of ranks is none. */
export function standing(prefixes, ranks) {
  const index = ranks.findIndex((rank) => rank.prefix === prefixes[0]);
  return index < 0 ? ranks.length : index;
}

/** Return the mode of the highest rank of a nick in a room, or an empty string. */
export function rankOf(chat, conversation, nick) {
  const { ranks } = chat.isupport;
  const member = conversation.members.byName.get(chat.fold(nick));
  return member ? (ranks[standing(member.prefixes, ranks)]?.mode ?? '') : '';
}

/** Whether this user has a rank in a room, or a higher one. */
export function reaches(chat, conversation, mode) {
  const { ranks } = chat.isupport;
  const member = conversation.members.byName.get(chat.fold(chat.session.nick));
  const needed = ranks.findIndex((rank) => rank.mode === mode);
  return Boolean(member) && needed >= 0 && standing(member.prefixes, ranks) <= needed;
}

/** Whether this user can act on a member: half-operators and above, on members up to their own rank. */
export function isWithinReach(chat, conversation, nick) {
  const { ranks } = chat.isupport;
  const place = (name) => standing(conversation.members.byName.get(chat.fold(name))?.prefixes ?? '', ranks);
  return reaches(chat, conversation, 'h') && place(chat.session.nick) <= place(nick);
}

/** Which rank gives each rank. Source: docs/irc.md, Ranks. */
export const GIVEN_BY = Object.freeze({ q: 'q', a: 'q', o: 'o', h: 'o', v: 'h' });

/** Return the ranks that this user can give, highest first. */
export function grantable(chat, conversation) {
  return chat.isupport.ranks.map((rank) => rank.mode).filter((mode) => reaches(chat, conversation, GIVEN_BY[mode] ?? 'o'));
}

/**
 * Return the members by their highest ranks, each group sorted by name. The last group has those without a rank.
 *
 * @param {Members} members
 * @param {{mode: string, prefix: string}[]} ranks
 * @param {(member: {nick: string, prefixes: string}) => boolean} wanted
 * @returns {{mode: string, members: {nick: string, prefixes: string}[]}[]} groups that have somebody
 */
export function groupsOf(members, ranks, wanted = () => true) {
  const groups = [...ranks.map((rank) => rank.mode), ''].map((mode) => ({ mode, members: [] }));
  for (const member of members.byName.values()) {
    if (wanted(member)) groups[standing(member.prefixes, ranks)].members.push(member);
  }
  for (const group of groups) group.members.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  return groups.filter((group) => group.members.length);
}

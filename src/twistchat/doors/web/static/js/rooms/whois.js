/**
 * What WHOIS says of a user. Source: modern.ircdocs.horse, WHOIS.
 *
 * @typedef {object} Profile
 * @property {string} nick
 * @property {string} realname
 * @property {string} mask user and host
 * @property {string|null} account
 * @property {string|null} away
 * @property {number|null} idle seconds without a message
 * @property {number|null} since when the user connected, in milliseconds since 1970
 * @property {string[]} rooms with the prefixes of the ranks
 * @property {string[]} remarks what else the server says, such as that this is a bot
 */

/** Lines with a sentence that is shown as it is. */
const REMARKS = new Set(['307', '313', '320', '335', '671', '276', '378']);

/** @returns {Profile|null} null if the answer is about nobody */
export function toProfile(lines) {
  const of = (command) => lines.find((line) => line.command === command)?.params;
  const user = of('311');
  if (!user) return null;
  const [, , idle, since] = of('317') ?? [];
  return {
    nick: user[1],
    mask: `${user[2]}@${user[3]}`,
    realname: user[5] ?? '',
    account: of('330')?.[2] ?? null,
    away: of('301')?.[2] ?? null,
    idle: idle === undefined ? null : Number(idle),
    since: since === undefined ? null : Number(since) * 1000,
    rooms: lines.filter((line) => line.command === '319').flatMap((line) => line.params[2].split(' ').filter(Boolean)),
    remarks: lines.filter((line) => REMARKS.has(line.command)).map((line) => line.params.at(-1)),
  };
}

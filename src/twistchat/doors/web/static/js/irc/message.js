/**
 * IRC lines: text to values, and back. Source: modern.ircdocs.horse, IRCv3 message-tags.
 *
 * @typedef {object} Source
 * @property {string} nick the nick, or the name of a server
 * @property {string} user
 * @property {string} host empty for servers
 *
 * @typedef {object} IrcMessage
 * @property {Record<string, string>} tags
 * @property {Source|null} source
 * @property {string} command in upper case
 * @property {string[]} params
 */

const ESCAPES = { ';': '\\:', ' ': '\\s', '\\': '\\\\', '\r': '\\r', '\n': '\\n' };
const UNESCAPES = { ':': ';', s: ' ', r: '\r', n: '\n' };

/** Return a tag's value with the characters escaped that a tag cannot have. */
export function escapeTag(value) {
  return value.replace(/[; \\\r\n]/g, (character) => ESCAPES[character]);
}

/** Return the value of an escaped tag. A backslash before any other character is dropped, and so is one at the end. */
export function unescapeTag(text) {
  return text.replace(/\\(.?)/gs, (_, character) => UNESCAPES[character] ?? character);
}

function parseTags(text) {
  const tags = Object.create(null);
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0) {
      if (part) tags[part] = '';
    } else {
      tags[part.slice(0, equals)] = unescapeTag(part.slice(equals + 1));
    }
  }
  return tags;
}

function parseSource(text) {
  const match = /^([^!@]*)(?:!([^@]*))?(?:@(.*))?$/s.exec(text);
  return { nick: match?.[1] ?? text, user: match?.[2] ?? '', host: match?.[3] ?? '' };
}

/**
 * Parse a line without its end.
 *
 * @param {string} line
 * @returns {IrcMessage|null} null for a line without a command
 */
export function parse(line) {
  let rest = line;
  let tags = Object.create(null);
  let source = null;
  const word = () => {
    const space = rest.indexOf(' ');
    const found = space < 0 ? rest : rest.slice(0, space);
    rest = space < 0 ? '' : rest.slice(space).replace(/^ +/, '');
    return found;
  };
  if (rest.startsWith('@')) tags = parseTags(word().slice(1));
  if (rest.startsWith(':')) source = parseSource(word().slice(1));
  const command = word().toUpperCase();
  const params = [];
  while (rest) {
    if (rest.startsWith(':')) {
      params.push(rest.slice(1));
      break;
    }
    params.push(word());
  }
  return command ? { tags, source, command, params } : null;
}

/**
 * Return a line, without its end.
 *
 * @param {string} command
 * @param {string[]} params only the last may be empty, have spaces or begin with a colon
 * @param {Record<string, string>} tags
 * @throws {Error} a parameter would change the line's structure
 */
export function serialize(command, params = [], tags = {}) {
  const words = [];
  const names = Object.keys(tags);
  if (names.length) {
    words.push('@' + names.map((name) => (tags[name] ? `${name}=${escapeTag(tags[name])}` : name)).join(';'));
  }
  words.push(command);
  params.forEach((param, index) => {
    const text = String(param);
    if (/[\r\n\0]/.test(text)) throw new Error('a parameter has a line break');
    const special = text === '' || text.startsWith(':') || text.includes(' ');
    if (special && index < params.length - 1) throw new Error('only the last parameter may have spaces');
    words.push(special || (index === params.length - 1 && index > 0) ? `:${text}` : text);
  });
  return words.join(' ');
}

import { byName } from '../rooms/ranks.js';
import { emojiNamed, findEmoji } from './emoji.js';

/** How many suggestions are made at once. */
const MOST = 20;

/**
 * What can be put in the place of a part of a text.
 *
 * @typedef {object} Suggestions
 * @property {'nick'|'room'|'command'|'emoji'} kind
 * @property {number} from where the part begins
 * @property {number} to where it ends
 * @property {{text: string, label: string, hint: string}[]} options `text` is put there
 *
 * @typedef {object} Sources
 * @property {(start: string) => string[]} nicks those that begin with a text
 * @property {() => string[]} rooms
 * @property {() => {name: string, hint: string}[]} commands
 */

/**
 * Return the nicks in a conversation that begin with a text: those who spoke last first, then the others by name, unless enough
 * have spoken. This user is not among them.
 */
export function nicksOf(conversation, chat, start = '') {
  const wanted = start.toLowerCase();
  const found = new Map();
  const fits = (nick) => nick.toLowerCase().startsWith(wanted) && !chat.isSelf(nick);
  const add = (nick) => fits(nick) && !found.has(chat.fold(nick)) && found.set(chat.fold(nick), nick);
  const { messages } = conversation.timeline;
  const members = [...conversation.members.byName.values()].map((member) => member.nick);
  const here = new Set(members.map(chat.fold));
  for (let index = messages.length - 1; index >= 0; index--) {
    const { kind, nick } = messages[index];
    const spoken = kind === 'text' || kind === 'action';
    if (spoken && (conversation.kind !== 'room' || here.has(chat.fold(nick)))) add(nick);
  }
  if (conversation.kind === 'person') add(conversation.name);
  if (found.size < MOST) members.filter(fits).sort(byName).forEach(add);
  return [...found.values()];
}

function starting(names, start) {
  const wanted = start.toLowerCase();
  return names.filter((name) => name.toLowerCase().startsWith(wanted)).slice(0, MOST);
}

function option(text, label = text.trim(), hint = '') {
  return { text, label, hint };
}

/**
 * Return what can be put in the place of the word before the caret, or null.
 *
 * @param {string} text
 * @param {number} caret
 * @param {Sources} sources
 * @param {boolean} asked whether this user asked for it, with Tab; otherwise only what begins with a sign is completed
 * @returns {Suggestions|null}
 */
export function suggest(text, caret, sources, asked = false) {
  const before = text.slice(0, caret);
  const [word] = /\S*$/.exec(before);
  const from = caret - word.length;
  const made = (kind, options) => (options.length ? { kind, from, to: caret, options } : null);
  if (!word) return null;
  if (from === 0 && /^\/[a-z]*$/i.test(word)) {
    const start = word.slice(1).toLowerCase();
    const found = sources.commands().filter(({ name }) => name.startsWith(start) && (asked || name !== start));
    return made('command', found.map(({ name, hint }) => option(`/${name} `, `/${name}`, hint)));
  }
  if (word[0] === '#') {
    const found = starting(sources.rooms(), word).filter((name) => asked || name.toLowerCase() !== word.toLowerCase());
    return made('room', found.map((name) => option(`${name} `)));
  }
  if (word[0] === ':') {
    const start = /^:([\p{L}\d_+-]+)$/u.exec(word)?.[1] ?? '';
    if (start.length < (asked ? 1 : 2)) return null;
    return made('emoji', findEmoji(start, MOST).map(({ emoji, name }) => option(`${emoji} `, emoji, name.replaceAll('_', ' '))));
  }
  const at = word[0] === '@';
  if (!asked && !at) return null;
  const found = sources.nicks(at ? word.slice(1) : word).slice(0, MOST);
  return made('nick', found.map((nick) => option(from === 0 ? `${nick}: ` : `${nick} `, nick)));
}

/**
 * Return a text with a suggestion in its place, and where the caret is then.
 *
 * @param {Suggestions} suggestions
 * @param {number} index which option
 */
export function accept(text, { from, to, options }, index) {
  const rest = text.slice(to);
  const { text: put } = options[index];
  // There is a space already.
  const inserted = rest.startsWith(' ') ? put.trimEnd() : put;
  const caret = from + inserted.length + (rest.startsWith(' ') ? 1 : 0);
  return { text: text.slice(0, from) + inserted + rest, caret };
}

/** Return a text with the emoji in the place of its name, where the caret is behind `:name:`; or null. */
export function replaceNamed(text, caret) {
  const match = /(?:^|\s):([\p{L}\d_+-]+):$/u.exec(text.slice(0, caret));
  const emoji = match && emojiNamed(match[1].toLowerCase());
  if (!emoji) return null;
  const from = caret - match[1].length - 2;
  return { text: text.slice(0, from) + emoji + text.slice(caret), caret: from + emoji.length };
}

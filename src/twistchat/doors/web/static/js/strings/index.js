import { EN } from './en.js';

let english = EN;
let translation = {};
let table = EN;

/** Add the strings of a feature, in English. A feature that is loaded later has its strings in a file of its own. */
export function add(strings) {
  english = { ...english, ...strings };
  table = { ...english, ...translation };
}

/** Use another table of strings, such as a translation. Strings that it lacks are shown in English. */
export function use(strings) {
  translation = strings;
  table = { ...english, ...translation };
}

/** Return the text of a key, with its values in their places. */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** Return a sentence with a dot at its end, where it ends with none. */
export function sentence(text) {
  return /[\p{L}\p{N})\]"'”]$/u.test(text) && !text.startsWith('Usage') ? `${text}.` : text;
}

/** Return several sentences as one text. */
export function sentences(texts) {
  return texts.map(sentence).join(' ');
}

/** Return what an error says: our own words where there are some, and otherwise those of the server. */
export function wordsFor(error) {
  const key = `error.${error.code}`;
  return key in table ? t(key, error.context ?? {}) : t('error.other', { text: sentence(error.message || error.code || String(error)) });
}

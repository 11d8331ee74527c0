import { EN } from './en.js';

let table = EN;

/** Use another table of strings, such as a translation. Strings that it lacks are shown in English. */
export function use(strings) {
  table = { ...EN, ...strings };
}

/** Return the text of a key, with its values in their places. */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** Return what an error says: our own words where there are some, and otherwise those of the server. */
export function wordsFor(error) {
  const key = `error.${error.code}`;
  return key in table ? t(key, error.context ?? {}) : t('error.other', { text: error.message || error.code || String(error) });
}

/**
 * Changes of modes in words. The strings `log.mode.…` and `log.rank.…` have a sentence for each that is common.
 */

import { t } from '../strings/index.js';
import { ranksByServer } from './grouping.js';
import { safeName } from './safe.js';

/** A ban that lets people come in, and not speak. Source: docs/irc.md, Extended bans. */
const QUIET = '~m:';

/** @returns {string} The text of a key, or an empty string where there is none. */
function known(key, values) {
    const text = t(key, values);
    return text === key ? '' : text;
}

/** @returns {string} What one change means, after the name of who made it, or as a sentence of its own. */
function wordsOf({ given, mode, value, kind }, alone) {
    const sign = given ? '+' : '-';
    const quiet = kind === 'list' && value.startsWith(QUIET);
    // A value within a sentence does not change the direction of the sentence (UAX 9).
    const who = `\u2068${safeName(quiet ? value.slice(QUIET.length) : value)}\u2069`;
    const words = known(`log.${alone ? 'rank' : 'mode'}.${sign}${quiet ? 'quiet' : mode}`, { who });
    if (words) return words;
    const name = kind === 'other' && known(`modeName.${mode}`);
    if (name) return t(`log.mode.${given ? 'on' : 'off'}`, { name }) + (value ? ` (${who})` : '');
    return `${t('log.mode')} ${sign}${mode}${value ? ` ${who}` : ''}`;
}

/**
 * @param {{byServer?: boolean, changes: {given: boolean, mode: string, value: string, kind: string}[]}} message
 * @returns {string} What changed.
 */
export function modeWords(message) {
    const alone = ranksByServer(message);
    return message.changes.map((change) => wordsOf(change, alone)).join(', ');
}

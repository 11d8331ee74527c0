/**
 * How messages stand together: days, groups of one person's lines, and folds of people who come and go. Pure functions.
 */

/** Lines of one nick within this time, in milliseconds, are one group. */
export const GROUP = 5 * 60 * 1000;

const SPOKEN = new Set(['text', 'notice', 'redacted']);
const FOLDED = new Set(['join', 'part', 'quit', 'nick']);

/**
 * @param {number} time Milliseconds since the epoch.
 * @returns {string} The day, in the reader's time zone: equal for times of one day.
 */
export function dayOf(time) {
    const date = new Date(time);
    return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * @param {object|null} previous The message before, or null.
 * @param {object} message
 * @returns {boolean} Whether the message begins a day.
 */
export function startsDay(previous, message) {
    return previous === null || dayOf(previous.time) !== dayOf(message.time);
}

/**
 * @param {object|null} previous The message before, or null where a line stands between.
 * @param {object} message
 * @returns {boolean} Whether the message continues the group of the one before, and needs no name of its own.
 */
export function continuesGroup(previous, message) {
    return (
        previous !== null &&
        SPOKEN.has(message.kind) &&
        SPOKEN.has(previous.kind) &&
        previous.nick === message.nick &&
        previous.account === message.account &&
        (previous.kind === 'notice') === (message.kind === 'notice') &&
        !message.replyTo &&
        Math.abs(message.time - previous.time) <= GROUP &&
        !startsDay(previous, message)
    );
}

/** @returns {boolean} Whether the server gave or took ranks, as it does when somebody with an account comes. */
export function ranksByServer({ byServer, changes }) {
    return Boolean(byServer && changes?.length) && changes.every(({ kind }) => kind === 'rank');
}

/** @returns {boolean} Whether the message can be folded with its neighbours. */
export function folds(message) {
    return FOLDED.has(message.kind) || ranksByServer(message);
}

/**
 * Sum up who came and went. A user who came and left again is in neither list.
 *
 * @param {object[]} messages Messages that {@link folds} accepts, in their order.
 * @returns {{joined: string[], left: string[], renamed: [string, string][], visited: string[], ranked: string[]}} Names, each once, by what
 *   became of them: who came and stays, who was there and left, who has another nick, who came and left or left and came
 *   back; who was there and has other ranks.
 */
export function summary(messages) {
    /** @type {Map<string, {first: string, last: string, name: string, from: string|null}>} */
    const people = new Map();
    for (const message of messages) {
        const { kind, nick } = message;
        if (kind === 'mode') {
            for (const { value } of message.changes) {
                if (!people.has(value)) people.set(value, { first: 'rank', last: 'rank', name: value, from: null });
            }
            continue;
        }
        const known = people.get(nick);
        const name = message.name || nick;
        if (kind === 'nick') {
            const to = message.target || message.text;
            people.delete(nick);
            people.set(to, { first: known?.first ?? 'nick', last: known?.last ?? 'nick', name: to, from: known?.from ?? name });
        } else {
            const what = kind === 'join' ? 'join' : 'part';
            people.set(nick, { first: known?.first ?? what, last: what, name, from: known?.from ?? null });
        }
    }
    const result = { joined: [], left: [], renamed: [], visited: [], ranked: [] };
    for (const { first, last, name, from } of people.values()) {
        if (last === 'rank') result.ranked.push(name);
        else if (first === 'nick' && last === 'nick') {
            if (from !== name) result.renamed.push([from, name]);
        } else if (last === 'join') (first === 'part' ? result.visited : result.joined).push(name);
        else (first === 'join' ? result.visited : result.left).push(name);
    }
    return result;
}

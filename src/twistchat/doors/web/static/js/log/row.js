/**
 * The rows of the log: one article per message. A row holds what its message says; where it stands is for the log to say.
 */

import { avatarColours } from '../ui/colour.js';
import { t } from '../strings/index.js';
import { plain } from './format.js';
import { ranksByServer } from './grouping.js';
import { modeWords } from './modes.js';
import { element, renderText } from './render.js';
import { safeName } from './safe.js';

const SPOKEN = new Set(['text', 'notice', 'action']);
let clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
let serial = 0;

/** @returns {boolean} Whether the row is a line that somebody said, which can be answered. */
export function isSpoken(message) {
    return SPOKEN.has(message.kind);
}

/** @returns {string} The name that a message shows for its sender. */
export function nameOf(message) {
    return safeName(message.name || message.nick || '');
}

/** Write the whole date beside the time of a row that the reader points at: formatting it is slow. */
export function explainTime(row) {
    const time = row.querySelector('time');
    if (time && !time.title) time.title = full.format(new Date(time.dateTime));
}

/** @returns {string} A time of today, or a day and a time. */
export function timeWords(time) {
    const date = new Date(time);
    return date.toDateString() === new Date().toDateString() ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** @returns {HTMLElement} The heading of a day. */
export function dayHeading(time) {
    return element('h3', 'day', day.format(time));
}

/** @returns {HTMLElement} The line above the first new message. */
export function markerLine() {
    const line = element('div', 'marker');
    line.setAttribute('role', 'separator');
    line.setAttribute('aria-label', t('log.new'));
    line.append(element('span', '', t('log.new')));
    return line;
}

/**
 * Make the row of a message.
 *
 * @param {object} message
 * @returns {HTMLElement}
 */
export function makeRow(message) {
    const row = element('article', 'row');
    row.tabIndex = -1;
    fillRow(row, message);
    return row;
}

/**
 * Write a message into its row, in place of what the row said before. The row's place and its focus stay.
 *
 * @param {HTMLElement} row
 * @param {object} message
 */
export function fillRow(row, message) {
    const name = `log-${++serial}`;
    const spoken = isSpoken(message) || message.kind === 'redacted';
    const kept = ['grouped', 'folded', 'found'].filter((mark) => row.classList.contains(mark));
    const marks = ['self', 'mention', 'pending', 'failed'].filter((mark) => message[mark]);
    row.className = ['row', message.kind, spoken ? 'spoken' : 'compact', ...marks, ...kept].join(' ');
    row.dataset.msgid = message.id ?? '';
    // What is on its way is announced when it has arrived.
    if (message.pending) row.setAttribute('aria-live', 'off');
    else row.removeAttribute('aria-live');
    row.setAttribute('aria-labelledby', `${name}-who ${name}-body`);
    row.replaceChildren(...(spoken ? spokenParts(message, name) : compactParts(message, name)));
}

function spokenParts(message, id) {
    const parts = [avatar(message), head(message, id), timeOf(message)];
    if (message.replyTo) parts.push(quote(message));
    const body = element('div', 'body');
    body.id = `${id}-body`;
    body.dir = 'auto';
    if (message.kind === 'redacted') body.append(t('log.removedMessage'), ...because(safeName(plain(message.text))));
    else renderText(body, message.text);
    parts.push(body);
    if (message.reactions?.size) parts.push(reactions(message));
    if (message.failed) parts.push(failure(message));
    else if (message.pending) parts.push(element('div', 'state', t(message.waiting ? 'log.waiting' : 'log.pending')));
    return parts;
}

/** @returns {HTMLElement} Why a message was not sent, and what can be done about it. */
function failure(message) {
    const reason = typeof message.failed === 'string' ? message.failed : '';
    const state = element('div', 'state');
    state.setAttribute('role', 'alert');
    const choices = element('span', 'choices');
    state.append(element('span', '', reason ? t('log.failedBecause', { reason }) : t('log.failed')), ' ', choices);
    for (const action of ['retry', 'discard']) {
        const button = element('button', '', t(`log.${action}`));
        button.type = 'button';
        button.tabIndex = -1;
        button.dataset.action = action;
        choices.append(button);
    }
    return state;
}

function compactParts(message, id) {
    const body = element('div', 'body');
    body.id = `${id}-body`;
    const said = event(message);
    if (message.nick && !ranksByServer(message)) {
        const who = nickButton(message);
        who.id = `${id}-who`;
        body.append(who, ' ');
    }
    const words = element('span');
    words.dir = 'auto';
    for (const piece of said) words.append(piece);
    body.append(words);
    return [timeOf(message), body];
}

/** @returns {Node[]|string[]} What happened, after the name of who did it. */
function event(message) {
    const reason = message.text ? safeName(plain(message.text)) : '';
    const target = message.target ? isolated(safeName(message.target)) : null;
    switch (message.kind) {
        case 'join':
            return [t('log.joined')];
        case 'part':
        case 'quit':
            return [t(message.kind === 'part' ? 'log.parted' : 'log.quit'), ...because(reason)];
        case 'nick':
            return [t('log.renamed'), ' ', target ?? isolated(reason)];
        case 'kick':
            return target ? [t('log.kicked'), ' ', target, ...because(reason)] : [t('log.kick'), ...because(reason)];
        case 'mode':
            return message.changes?.length ? [modeWords(message)] : [t('log.mode'), ' ', isolated(reason)];
        case 'topic':
            return reason ? [t('log.topic'), ' ', isolated(reason)] : [t('log.noTopic')];
        default: {
            const text = element('span');
            renderText(text, message.text);
            return [text];
        }
    }
}

function because(reason) {
    return reason ? [' (', isolated(reason), ')'] : [];
}

/** @returns {HTMLElement} A user's text within a sentence, whose direction does not change the sentence. */
function isolated(text) {
    return element('bdi', '', text);
}

function avatar(message) {
    const name = nameOf(message);
    const letter = /[\p{L}\p{N}]/u.exec(name)?.[0] ?? name.slice(0, 1);
    const circle = element('span', 'avatar', letter.toUpperCase());
    circle.setAttribute('aria-hidden', 'true');
    for (const [name, value] of Object.entries(avatarColours(message.nick || '', message.colour))) circle.style.setProperty(name, value);
    return circle;
}

function head(message, id) {
    const line = element('div', 'head');
    const who = nickButton(message);
    who.id = `${id}-who`;
    line.append(who);
    const nick = safeName(message.nick || '');
    if (nick !== nameOf(message)) {
        const account = element('span', 'nick');
        account.append(isolated(nick));
        line.append(account);
    }
    if (message.self) line.append(element('span', 'badge', t('log.you')));
    if (message.mention) line.append(element('span', 'badge at', t('log.mentionsYou')));
    if (message.kind === 'notice') line.append(element('span', 'badge', t('log.notice')));
    return line;
}

function nickButton(message) {
    const button = element('button', 'who');
    button.type = 'button';
    button.tabIndex = -1;
    button.dataset.nick = message.nick ?? '';
    button.append(isolated(nameOf(message)));
    return button;
}

function timeOf(message) {
    const time = element('time');
    time.dateTime = new Date(message.time).toISOString();
    fillTime(time);
    return time;
}

function fillTime(time) {
    time.replaceChildren();
    for (const { type, value } of clock.formatToParts(new Date(time.dateTime))) {
        time.append(type === 'dayPeriod' ? element('span', 'period', value) : value);
    }
}

/**
 * Choose how times are shown, also those that are shown already.
 *
 * @param {'system'|'12'|'24'} style
 * @param {ParentNode} shown
 */
export function setClock(style, shown) {
    const hourCycle = { 12: { hourCycle: 'h12' }, 24: { hourCycle: 'h23' } }[style] ?? {};
    clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', ...hourCycle });
    for (const time of shown.querySelectorAll('chat-log .row > time')) fillTime(time);
}

function quote(message) {
    const button = element('button', 'quote');
    button.type = 'button';
    button.tabIndex = -1;
    button.dataset.reply = message.replyTo;
    const preview = message.replyPreview;
    if (preview) {
        const nick = safeName(preview.nick);
        const text = safeName(plain(preview.text).replaceAll('\n', ' '));
        button.setAttribute('aria-label', t('log.replyTo', { nick, text }));
        button.append(element('bdi', 'who', nick), ' ', element('bdi', '', text));
    } else button.append(t('log.replyToUnknown'));
    return button;
}

function reactions(message) {
    const line = element('div', 'reactions');
    for (const [text, nicks] of message.reactions) {
        const shown = safeName(text);
        const names = [...nicks].map(safeName);
        const mine = message.mine?.has(text) ?? false;
        const button = element('button', mine ? 'reaction own' : 'reaction');
        button.setAttribute('aria-pressed', String(mine));
        button.type = 'button';
        button.tabIndex = -1;
        button.dataset.reaction = text;
        button.title = names.slice(0, 20).join(', ');
        button.setAttribute('aria-label', t('log.reaction', { text: shown, count: names.length, names: button.title }));
        button.append(element('bdi', '', shown), element('span', 'count', String(names.length)));
        line.append(button);
    }
    return line;
}

/**
 * `<chat-log>`: the messages of one conversation. It keeps at most {@link LIMIT} rows in the document and asks for others when
 * the reader comes near an end. Changes are collected and drawn once per frame.
 *
 * Events, all bubbling: `needolder` (detail: {before, time} of the first row), `neednewer` (detail: {after, time} of the last), `neednewest` (the reader wants
 * the end, which is not here), `seen` (detail: {time} of the newest row that was on the screen), `choose` (detail: {action,
 * msgid, message, reaction?}), `locate` (detail: {id} of a message that a reply names and that is not here), `nick` (detail: {nick}), `room` (detail: {room}).
 */

import { t } from '../strings/index.js';
import { RowMenu } from './menu.js';
import { Place } from './place.js';
import { element } from './render.js';
import { isSpoken } from './row.js';
import { Rows } from './rows.js';
import { Stops } from './stops.js';

/** So many rows are in the document. */
export const LIMIT = 500;
/** A full log drops so many rows at once, since each time moves all others. */
const PORTION = 50;
/** An unanswered request for rows is repeated after so many milliseconds, when the reader scrolls. */
const PATIENCE = 10_000;
/** How long a row that was searched is marked, in milliseconds. */
const FOUND = 2500;
/** A hidden page draws no frames; it writes its rows after so many milliseconds. */
const HIDDEN = 250;

/**
 * @typedef {object} Message A frozen value.
 * @property {string} id The message id.
 * @property {number} time Milliseconds since the epoch.
 * @property {"text"|"notice"|"action"|"join"|"part"|"quit"|"nick"|"kick"|"mode"|"topic"|"redacted"|"error"|"system"} kind
 * @property {string} nick
 * @property {string|null} account
 * @property {string} name The display name.
 * @property {string|null} colour "#rrggbb".
 * @property {string} text
 * @property {boolean} self
 * @property {boolean} mention
 * @property {string|null} replyTo
 * @property {{nick: string, text: string}|null} replyPreview
 * @property {Map<string, Set<string>>} reactions
 * @property {{given: boolean, mode: string, value: string, kind: string}[]|null} [changes] What a message of kind `mode` changes.
 * @property {boolean} [byServer] Whether the server changed modes.
 * @property {string|null} target Whom a kick removes; the new nick of a nick change.
 * @property {boolean} pending
 * @property {boolean} failed
 */

export class ChatLog extends HTMLElement {
    /** Whether images of other servers may be shown. The server decides; no image is shown yet in either case. */
    images = false;
    /**
     * Which actions of a message the reader may take.
     *
     * @type {(action: string, message: Message) => boolean}
     */
    permits = (action, message) => action !== 'redact' || message.self;

    #scroller = element('div', 'scroller');
    #list = element('div', 'rows');
    #jump = element('button', 'jump');
    #rows = new Rows(this.#list);
    #place = new Place(this.#scroller, this.#rows);
    #menu = new RowMenu(
        (row, action) => this.#choose(row, action),
        (row) => this.#actions(row),
    );
    #stops = new Stops(this.#list, this.#rows, this.#menu);
    /** @type {{run: () => void, messages?: Message[], options?: object}[]} */
    #queue = [];
    #drawing = 0;
    #timer = 0;
    #checking = false;
    /** Whether the conversation's first message is here. */
    #complete = false;
    /** @type {{time: number, id: string}|null} The newest message, where rows at the end are missing. */
    #gap = null;
    #asked = { needolder: -Infinity, neednewer: -Infinity };
    #unread = 0;
    #seen = -Infinity;
    #fresh = true;
    #observer = new ResizeObserver(() => this.#resized());
    #visibility = () => this.#check();

    constructor() {
        super();
        this.#list.setAttribute('role', 'log');
        this.#list.setAttribute('aria-live', 'polite');
        this.#list.setAttribute('aria-relevant', 'additions');
        this.#jump.type = 'button';
        this.#jump.hidden = true;
        this.#scroller.append(this.#list, this.#menu.bar);
        this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
        this.#jump.addEventListener('click', () => this.toEnd());
        this.#list.addEventListener('click', (event) => this.#clicked(event));
        this.#scroller.addEventListener('pointerleave', () => this.#stops.point());
    }

    /** Whether the log shows who comes and goes. */
    set presence(shown) {
        this.#later(() => this.#rows.setPresence(shown));
    }

    connectedCallback() {
        // append is the messages'.
        this.replaceChildren(this.#scroller, this.#jump, this.#menu.menu);
        this.#observer.observe(this.#scroller);
        this.#observer.observe(this.#list);
        document.addEventListener('visibilitychange', this.#visibility);
    }

    disconnectedCallback() {
        this.#observer.disconnect();
        document.removeEventListener('visibilitychange', this.#visibility);
    }

    /** @returns {boolean} Whether the log follows the end. */
    get stick() {
        return this.#place.stick && this.#gap === null;
    }

    set stick(value) {
        if (value) this.toEnd();
        else this.#place.hold();
    }

    /**
     * Show a conversation, which has no rows yet.
     *
     * @param {{name: string}} conversation
     * @param {{past?: boolean}} [options] past: whether others come after the messages that are added at first.
     */
    show({ name }, { past = false } = {}) {
        this.#queue = [];
        this.#menu.close(false);
        this.#menu.point(null);
        this.#rows.clear();
        this.#place.stick = true;
        this.#stops.reach(null);
        this.#complete = false;
        this.#gap = past ? { time: Infinity, id: null } : null;
        this.#asked = { needolder: -Infinity, neednewer: -Infinity };
        this.#unread = 0;
        this.#seen = -Infinity;
        this.#fresh = true;
        this.#list.setAttribute('aria-label', t('log.label', { name }));
        this.#label();
    }

    /**
     * Add the newest messages: those that arrive, and those that answer `neednewer`. While rows at the end are missing, messages
     * that arrive are only counted.
     *
     * @param {Message[]} messages In their order.
     * @param {{newer?: boolean, after?: string, end?: boolean}} [options] newer: whether the messages answer `neednewer`. Without
     *   it their times tell. after: the id of the message before them; if the last row is another one, the answer comes too late
     *   and is forgotten. end: whether nothing comes after them.
     */
    append(messages, options = {}) {
        const last = this.#queue.at(-1);
        const joins = last?.messages && !options.after && !last.options.end && last.options.newer === options.newer;
        if (joins && !options.end) last.messages.push(...messages);
        else {
            const queued = { messages: [...messages], options, run: () => this.#append(queued.messages, options) };
            this.#queue.push(queued);
        }
        // Of what arrives in a hidden page only the last rows will ever be drawn.
        const { messages: waiting } = this.#queue.at(-1);
        if (this.stick && waiting.length > 4 * LIMIT) waiting.splice(0, waiting.length - LIMIT);
        this.#schedule();
    }

    /**
     * Add older messages, which answer `needolder`. None says that the conversation begins here.
     *
     * @param {Message[]} messages In their order.
     * @param {{before?: string}} [options] before: the id of the message after them; if the first row is another one, the answer
     *   comes too late and is forgotten.
     */
    prepend(messages, { before } = {}) {
        this.#later(() => {
            this.#asked.needolder = -Infinity;
            if (before !== undefined && this.#rows.entries[0]?.message.id !== before) return;
            if (messages.length === 0) this.#complete = true;
            this.#silent();
            this.#rows.insert(0, messages.slice(-LIMIT));
        });
    }

    /**
     * Show a message as it is now: its reactions, its redaction, its echo.
     *
     * @param {string} id The id under which it was added.
     * @param {Message} message
     */
    update(id, message) {
        this.#later(() => this.#rows.update(id, message));
    }

    /**
     * Take a message out: one that was not sent.
     *
     * @param {string} id The id under which it was added.
     */
    remove(id) {
        this.#later(() => {
            const entry = this.#rows.find(id);
            if (!entry) return;
            const focused = entry.row.contains(document.activeElement);
            this.#rows.remove(this.#rows.entries.indexOf(entry), 1);
            if (focused) this.#stops.focus(this.#rows.stops().at(-1));
        });
    }

    /**
     * Draw the line above new messages.
     *
     * @param {number|null} time Messages after this time, in milliseconds since the epoch, are new; null removes the line.
     */
    setMarker(time) {
        this.#later(() => this.#rows.setMarker(time));
    }

    /**
     * Go to a message.
     *
     * @param {string} id
     * @returns {boolean} Whether it is here.
     */
    find(id) {
        this.#draw();
        const entry = this.#rows.find(id);
        if (!entry) return false;
        if (entry.row.hidden) this.#rows.toggle(entry);
        this.#place.stick = false;
        entry.row.scrollIntoView({ block: 'center', behavior: 'instant' });
        entry.row.classList.add('found');
        setTimeout(() => entry.row.classList.remove('found'), FOUND);
        this.#stops.focus(entry.row);
        this.#scrolled();
        return true;
    }

    /** Whether the last row is the newest message. */
    get atEnd() {
        return this.#gap === null;
    }

    /** Go to the newest message. */
    toEnd() {
        if (this.#gap) {
            this.#emit('neednewest', {});
            return;
        }
        this.#place.stick = true;
        this.#place.restore();
        this.#scrolled();
    }

    #append(messages, { newer, after, end }) {
        if (newer && after !== undefined) {
            const last = this.#rows.entries.findLast(({ message }) => !message.pending && !message.failed);
            this.#asked.neednewer = -Infinity;
            if (last && last.message.id !== after) return;
        }
        if (messages.length === 0) {
            if (newer && end !== false) this.#gap = null;
            return;
        }
        const newest = messages.at(-1);
        const gap = this.#gap;
        if (gap) {
            const answers = newer ?? (messages[0].time < gap.time || messages.some(({ id }) => id === gap.id));
            if (!answers) {
                this.#gap = { time: newest.time, id: newest.id };
                this.#unread += messages.length;
                return;
            }
            this.#asked.neednewer = -Infinity;
            if (end || messages.some(({ id }) => id === gap.id)) this.#gap = null;
            this.#silent();
        }
        const following = this.stick;
        if (this.#fresh) this.#silent();
        else if (following && !gap && document.visibilityState === 'visible') this.#rows.advanceMarker(newest.time);
        this.#fresh = false;
        const taken = following ? messages.slice(-LIMIT) : messages.slice(0, LIMIT);
        if (following && taken.length < messages.length) this.#complete = false;
        const added = this.#rows.insert(this.#rows.end(), taken);
        if (!following && !gap) this.#unread += added;
        if (!following && taken.length < messages.length) this.#gap ??= { time: newest.time, id: newest.id };
    }

    /** Keep the rows around the reader, and remove the others. */
    #trim() {
        const { entries } = this.#rows;
        if (entries.length <= LIMIT) return;
        const kept = LIMIT - PORTION;
        const over = entries.length - kept;
        const anchor = this.#place.anchor;
        const reader = this.stick || !anchor ? entries.length : entries.indexOf(this.#rows.of(anchor));
        const from = Math.min(over, Math.max(0, reader - kept / 2));
        const hadFocus = this.#list.contains(document.activeElement);
        if (from < over) {
            const removed = this.#rows.remove(from + kept, over - from);
            const { time, id } = removed.at(-1).message;
            this.#gap ??= { time, id };
        }
        if (from > 0) {
            this.#rows.remove(0, from);
            this.#complete = false;
        }
        if (hadFocus && !this.#list.contains(document.activeElement)) {
            const stops = this.#rows.stops();
            this.#stops.focus(from > 0 ? stops[0] : stops.at(-1));
        }
    }

    #later(run) {
        this.#queue.push({ run });
        this.#schedule();
    }

    #schedule() {
        if (this.#drawing || this.#timer) return;
        if (document.visibilityState === 'visible') this.#drawing = requestAnimationFrame(() => this.#draw());
        this.#timer = setTimeout(() => this.#draw(), HIDDEN);
    }

    /** Make all waiting changes, with one layout. */
    #draw() {
        cancelAnimationFrame(this.#drawing);
        clearTimeout(this.#timer);
        this.#drawing = 0;
        this.#timer = 0;
        const queue = this.#queue;
        this.#queue = [];
        if (queue.length === 0) return;
        for (const { run } of queue) run();
        this.#trim();
        this.#place.restore();
        this.#stops.renew();
        this.#check();
    }

    /** Rows from history are not announced. */
    #silent() {
        if (this.#list.getAttribute('aria-live') === 'off') return;
        this.#list.setAttribute('aria-live', 'off');
        setTimeout(() => this.#list.setAttribute('aria-live', 'polite'), HIDDEN);
    }

    #scrolled() {
        this.#place.moved(this.#gap === null);
        this.#menu.close(false);
        this.#check();
    }

    #resized() {
        if (this.#queue.length > 0) this.#draw();
        this.#place.restore();
        this.#check();
    }

    /** Tell the page what the reader has seen, and what is missing. One check per frame. */
    #check() {
        if (this.#checking) return;
        this.#checking = true;
        queueMicrotask(() => {
            this.#checking = false;
            if (this.isConnected) this.#tell();
        });
    }

    #tell() {
        if (this.stick) this.#unread = 0;
        this.#label();
        const { entries } = this.#rows;
        if (entries.length === 0) return;
        const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
        if (clientHeight === 0) return;
        if (!this.#complete && scrollTop < clientHeight) this.#ask('needolder', 'before', entries[0].message);
        if (this.#gap && scrollHeight - scrollTop - clientHeight < clientHeight) {
            this.#ask('neednewer', 'after', entries[this.#rows.end() - 1]?.message ?? entries[0].message);
        }
        if (document.visibilityState !== 'visible') return;
        const last = this.#place.last;
        const entry = last && this.#rows.of(last);
        if (!entry) return;
        let { time } = entry.message;
        // A closed fold shows all that is in it.
        if (last === entry.fold) {
            for (let at = entries.indexOf(entry); entries[at]?.row.hidden; at++) time = Math.max(time, entries[at].message.time);
        }
        if (time <= this.#seen) return;
        this.#seen = time;
        this.#emit('seen', { time });
    }

    #ask(event, side, { id, time }) {
        const now = performance.now();
        if (now - this.#asked[event] < PATIENCE) return;
        this.#asked[event] = now;
        this.#emit(event, { [side]: id, time });
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
    }

    #label() {
        this.#jump.hidden = this.stick;
        const words = this.#unread > 0 ? t('log.jumpCount', { count: this.#unread }) : t('log.jump');
        if (this.#jump.textContent !== words) this.#jump.textContent = words;
    }

    #actions(row) {
        const message = this.#rows.of(row)?.message;
        if (!message || !isSpoken(message) || !message.id) return [];
        const unsent = message.pending || message.failed;
        const actions = unsent ? ['copy', 'retry', 'discard'] : ['reply', 'react', 'copy', 'profile', 'redact'];
        return actions.filter((action) => this.permits(action, message));
    }

    #choose(row, action, more = {}) {
        const message = this.#rows.of(row)?.message;
        if (message) this.#emit('choose', { action, msgid: message.id, message, ...more });
    }

    #clicked(event) {
        const target = event.target.closest('button, a.room');
        if (!target) return;
        const row = target.closest('.row');
        const { nick, reply, reaction, room, action } = target.dataset;
        if (target.classList.contains('fold')) this.#later(() => this.#rows.toggle(this.#rows.of(target)));
        else if (nick !== undefined) this.#emit('nick', { nick });
        else if (reply !== undefined) {
            if (!this.find(reply)) this.#emit('locate', { id: reply });
        } else if (action !== undefined) this.#choose(row, action);
        else if (reaction !== undefined) this.#choose(row, 'react', { reaction });
        else if (room !== undefined) {
            event.preventDefault();
            this.#emit('room', { room });
        }
    }
}

customElements.define('chat-log', ChatLog);

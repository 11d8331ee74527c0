/**
 * The rows that are in the document: their order, the day headings, groups, folds and the marker between them. Nothing here
 * reads the layout.
 */

import { t } from '../strings/index.js';
import { continuesGroup, folds, startsDay, summary } from './grouping.js';
import { element } from './render.js';
import { dayHeading, fillRow, isSpoken, makeRow, markerLine } from './row.js';
import { safeName } from './safe.js';

/** So many names of a fold are shown. */
const NAMES = 6;

/**
 * @typedef {object} Entry
 * @property {object} message
 * @property {HTMLElement} row
 * @property {HTMLElement|null} day The heading above the row, where the row begins a day.
 * @property {HTMLElement|null} fold The button above the row, where the row begins a fold.
 * @property {boolean} expanded Whether the reader opened the fold that the row is in.
 */

export class Rows {
    /** @type {Entry[]} */
    entries = [];
    /** @type {Map<string, Entry>} */
    #known = new Map();
    /** @type {WeakMap<HTMLElement, Entry>} */
    #owners = new WeakMap();
    #list;
    #line = markerLine();
    /** @type {Entry|null} The entry below the marker. */
    #marked = null;
    #markerTime = null;
    /** Whether who comes and goes is shown. */
    #presence = true;
    /** @type {HTMLElement[]|null} What {@link stops} found, until something changes. */
    #stops = null;

    /** @param {HTMLElement} list The element that the rows are put into. */
    constructor(list) {
        this.#list = list;
    }

    /** Remove everything. */
    clear() {
        this.entries = [];
        this.#stops = null;
        this.#known.clear();
        this.#marked = null;
        this.#markerTime = null;
        this.#list.replaceChildren();
    }

    /** @returns {Entry|undefined} */
    find(id) {
        return this.#known.get(id);
    }

    /** @returns {Entry|undefined} The entry of a row or of a fold's button. */
    of(stop) {
        return this.#owners.get(stop);
    }

    /** @returns {HTMLElement[]} The rows and folds that the reader sees, in their order. */
    stops() {
        this.#stops ??= this.entries.flatMap(({ row, fold }) => {
            if (fold) return row.hidden ? [fold] : [fold, row];
            return row.hidden ? [] : [row];
        });
        return this.#stops;
    }

    /**
     * Put messages before the entry at an index. Messages that are here already are written anew in their place.
     *
     * @param {number} index
     * @param {object[]} messages
     * @returns {number} How many are new.
     */
    insert(index, messages) {
        const made = [];
        for (const message of messages) {
            const known = message.id ? this.#known.get(message.id) : undefined;
            if (known) {
                known.message = message;
                fillRow(known.row, message);
                continue;
            }
            const entry = { message, row: makeRow(message), day: null, fold: null, expanded: false };
            if (message.id) this.#known.set(message.id, entry);
            this.#owners.set(entry.row, entry);
            made.push(entry);
        }
        if (made.length === 0) return 0;
        const rows = document.createDocumentFragment();
        rows.append(...made.map((entry) => entry.row));
        const after = this.entries[index];
        this.#list.insertBefore(rows, after ? this.#top(after) : null);
        this.entries.splice(index, 0, ...made);
        this.#decorate(index, index + made.length);
        return made.length;
    }

    /** @returns {number} Where a message that arrives now belongs: above the reader's own messages that are still on their way. */
    end() {
        let index = this.entries.length;
        while (index > 0 && this.entries[index - 1].message.pending) index--;
        return index;
    }

    /**
     * Write a message anew. A message that is no longer pending goes below those that arrived before it.
     *
     * @param {string} id Its id so far.
     * @param {object} message
     * @returns {boolean} Whether it is here.
     */
    update(id, message) {
        const entry = this.#known.get(id);
        if (!entry) return false;
        const other = message.id === id ? undefined : this.#known.get(message.id);
        if (other) this.remove(this.entries.indexOf(entry), 1);
        else if (entry.message.pending && !message.pending && !message.failed) {
            this.remove(this.entries.indexOf(entry), 1);
            this.insert(this.end(), [message]);
            return true;
        }
        const kept = other ?? entry;
        this.#known.delete(id);
        this.#known.set(message.id, kept);
        kept.message = message;
        fillRow(kept.row, message);
        const index = this.entries.indexOf(kept);
        this.#decorate(index, index + 1);
        return true;
    }

    /**
     * @param {number} from
     * @param {number} count
     * @returns {Entry[]} The removed entries.
     */
    remove(from, count) {
        const removed = this.entries.splice(from, count);
        this.#stops = null;
        for (const entry of removed) {
            if (this.#marked === entry) this.#mark(null);
            if (entry.message.id) this.#known.delete(entry.message.id);
            for (const node of [entry.day, entry.fold, entry.row]) node?.remove();
        }
        if (removed.length > 0 && this.entries.length > 0) this.#decorate(from - 1, from);
        return removed;
    }

    /**
     * Draw the line above the first text of others after a time: not above who comes and goes, or changes modes.
     *
     * @param {number|null} time Milliseconds since the epoch; null is no line.
     */
    setMarker(time) {
        this.#markerTime = time;
        this.#decorate(0, -1);
    }

    /** Everything up to a time is read, unless a line shows that something above is new. */
    advanceMarker(time) {
        if (this.#marked === null && this.#markerTime !== null) this.#markerTime = Math.max(this.#markerTime, time);
    }

    /** Show who comes and goes, or not. */
    setPresence(shown) {
        if (this.#presence === shown) return;
        this.#presence = shown;
        this.#decorate(0, this.entries.length - 1);
    }

    /** Open or close the fold that an entry begins. */
    toggle(entry) {
        const [from, to] = this.#run(this.entries.indexOf(entry));
        const expanded = !this.entries.slice(from, to + 1).some((one) => one.expanded);
        for (const one of this.entries.slice(from, to + 1)) one.expanded = expanded;
        this.#decorate(from, to);
    }

    /** @returns {HTMLElement} The first node that belongs to an entry. */
    #top(entry) {
        return entry.day ?? (this.#marked === entry ? this.#line : null) ?? entry.fold ?? entry.row;
    }

    /** Set what stands between the entries from one index to another, and around those. */
    #decorate(from, to) {
        this.#stops = null;
        const before = this.#marked;
        this.#placeMarker();
        this.#bring(Math.max(0, from), Math.min(to, this.entries.length - 1));
        if (before === this.#marked) return;
        for (const entry of [before, this.#marked]) {
            const index = entry ? this.entries.indexOf(entry) : -1;
            if (index >= 0) this.#bring(index, index);
        }
    }

    #bring(from, to) {
        for (let index = from; index <= to; index++) {
            const entry = this.entries[index];
            const previous = this.entries[index - 1]?.message ?? null;
            const starts = startsDay(previous, entry.message);
            if (starts && !entry.day) {
                const top = this.#top(entry);
                entry.day = dayHeading(entry.message.time);
                top.before(entry.day);
            } else if (!starts && entry.day) {
                entry.day.remove();
                entry.day = null;
            }
            entry.row.classList.toggle('grouped', entry !== this.#marked && continuesGroup(previous, entry.message));
        }
        for (let index = Math.max(0, from - 1); index <= to;) {
            const [start, end] = this.#run(index);
            this.#fold(start, end);
            index = end + 1;
        }
    }

    /** @returns {[number, number]} The first and the last index of the run that can be folded, around an index. */
    #run(index) {
        const joins = (at) =>
            at > 0 &&
            at < this.entries.length &&
            folds(this.entries[at].message) &&
            folds(this.entries[at - 1].message) &&
            !this.entries[at].day &&
            this.entries[at] !== this.#marked;
        let from = index;
        let to = index;
        while (joins(from)) from--;
        while (joins(to + 1)) to++;
        return [from, to];
    }

    #fold(from, to) {
        const run = this.entries.slice(from, to + 1);
        if (!this.#presence && folds(run[0].message)) {
            for (const entry of run) {
                entry.row.hidden = true;
                entry.fold?.remove();
                entry.fold = null;
            }
            return;
        }
        const folded = run.length > 1;
        const expanded = folded && run.some((entry) => entry.expanded);
        for (const [index, entry] of run.entries()) {
            entry.expanded = expanded;
            entry.row.hidden = folded && !expanded;
            entry.row.classList.toggle('folded', folded);
            if (folded && index === 0) continue;
            entry.fold?.remove();
            entry.fold = null;
        }
        if (!folded) return;
        const first = run[0];
        if (!first.fold) {
            first.fold = element('button', 'fold');
            first.fold.type = 'button';
            first.fold.tabIndex = -1;
            this.#owners.set(first.fold, first);
            first.row.before(first.fold);
        }
        const words = describe(summary(run.map((entry) => entry.message)));
        if (first.fold.textContent !== words) first.fold.textContent = words;
        first.fold.setAttribute('aria-expanded', String(expanded));
    }

    #placeMarker() {
        const time = this.#markerTime;
        const next =
            time === null
                ? undefined
                : this.entries.find(({ message }) => message.time > time && isSpoken(message) && !message.self && !message.pending);
        if (next !== (this.#marked ?? undefined)) this.#mark(next ?? null);
    }

    #mark(entry) {
        this.#line.remove();
        this.#marked = entry;
        if (entry) (entry.fold ?? entry.row).before(this.#line);
    }
}

/** @returns {string} A sentence about who came and went. Each name is isolated from the direction of the sentence (UAX 9). */
function describe({ joined, left, renamed, visited, ranked }) {
    const isolate = (name) => `\u2068${safeName(name)}\u2069`;
    const names = (people) => {
        const shown = people.slice(0, NAMES).join(', ');
        return people.length > NAMES ? t('log.andMore', { names: shown, count: people.length - NAMES }) : shown;
    };
    const pairs = renamed.map(([from, to]) => t('log.foldRenamed', { from: isolate(from), to: isolate(to) }));
    return (
        [
            joined.length > 0 && t('log.foldJoined', { names: names(joined.map(isolate)) }),
            left.length > 0 && t('log.foldLeft', { names: names(left.map(isolate)) }),
            visited.length > 0 && t('log.foldVisited', { names: names(visited.map(isolate)) }),
            ranked.length > 0 && t('log.foldRanked', { names: names(ranked.map(isolate)) }),
            pairs.length > 0 && names(pairs),
        ]
            .filter(Boolean)
            .join(' · ') || t('log.foldNothing')
    );
}

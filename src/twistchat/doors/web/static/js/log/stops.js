/** The rows and folds of a log as stops of the keyboard: the Tab key reaches one of them, and the arrow keys lead to the others. */

import { explainTime } from './row.js';

export class Stops {
    #list;
    #rows;
    #menu;
    /** @type {HTMLElement|null} The row or fold that the Tab key reaches. */
    #current = null;

    /**
     * @param {HTMLElement} list The element that holds the rows.
     * @param {import("./rows.js").Rows} rows
     * @param {import("./menu.js").RowMenu} menu The menu of the row that has the focus or the pointer.
     */
    constructor(list, rows, menu) {
        this.#list = list;
        this.#rows = rows;
        this.#menu = menu;
        list.addEventListener('keydown', (event) => this.#key(event));
        list.addEventListener('focusin', (event) => this.#focused(event));
        list.addEventListener('pointerover', (event) => this.#pointed(event));
    }

    /** Move the focus to a row or fold, if there is one. */
    focus(stop) {
        if (!stop) return;
        this.reach(stop);
        stop.focus({ preventScroll: true });
    }

    /** Let the Tab key reach a row and what is in it, and no other row; none for null. */
    reach(stop) {
        if (this.#current && this.#current !== stop) setReach(this.#current, -1);
        this.#current = stop;
        if (stop) setReach(stop, 0);
    }

    /** After a change of the rows: the Tab key reaches the last one, unless the reader is at another one that is still here. */
    renew() {
        const current = this.#current;
        if (!this.#list.contains(document.activeElement) || !current?.isConnected || current.hidden || current.tabIndex !== 0) {
            this.reach(this.#rows.stops().at(-1) ?? null);
        }
        this.point();
    }

    /** Show the menu at the row that has the focus; the pointer is at none. */
    point() {
        this.#menu.point(document.activeElement?.closest?.('chat-log .row') ?? null);
    }

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const stop = event.target.closest('.row, .fold');
        if (!stop) return;
        const stops = this.#rows.stops();
        const at = stops.indexOf(stop);
        const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: stops.length - 1 }[event.key];
        if (to !== undefined) {
            const next = stops[Math.min(Math.max(to, 0), stops.length - 1)];
            this.focus(next);
            next.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) this.#menu.open(stop);
        else if (event.key === 'Enter' && event.target === stop && stop.matches('.row')) this.#menu.open(stop);
        else if (event.key === 'Escape' && event.target !== stop) this.focus(stop);
        else return;
        event.preventDefault();
    }

    #focused(event) {
        const stop = event.target.closest('.row, .fold');
        if (!stop) return;
        this.reach(stop);
        explainTime(stop);
        this.#menu.point(stop.matches('.row') ? stop : null);
    }

    #pointed(event) {
        const row = event.target.closest('.row');
        if (!row) return;
        explainTime(row);
        this.#menu.point(row);
    }
}

function setReach(stop, tabIndex) {
    stop.tabIndex = tabIndex;
    for (const inner of stop.querySelectorAll('a, button')) inner.tabIndex = tabIndex;
}

/**
 * The reader's place in a scrolled list: what is on the screen stays where it is when rows come, go or change their height.
 * The browser's own scroll anchoring is off (CSS Scroll Anchoring 1): it does nothing at the top of the list, where older rows
 * arrive, and not every browser has it.
 */

/** The reader is at the end within so many pixels. */
const NEAR = 24;

export class Place {
    /** Whether the reader follows the end. */
    stick = true;
    #scroller;
    #rows;
    /** @type {{stop: HTMLElement, offset: number}[]} What is on the screen, from the top. */
    #anchors = [];
    #top = 0;
    /** The height of the screen at that time. */
    #height = 0;

    /**
     * @param {HTMLElement} scroller
     * @param {import("./rows.js").Rows} rows
     */
    constructor(scroller, rows) {
        this.#scroller = scroller;
        this.#rows = rows;
    }

    /**
     * Take note of where the reader is. A reader who follows the end needs no note.
     *
     * @param {number} [off] How far the rows are from where they belong: browsers round scrollTop, and such errors would add up.
     */
    remember(off = 0) {
        const { top: edge } = this.#scroller.getBoundingClientRect();
        this.#top = this.#scroller.scrollTop;
        this.#height = this.#scroller.clientHeight;
        if (this.stick) return;
        this.#anchors = this.#visible().map((stop) => ({ stop, offset: stop.getBoundingClientRect().top - edge - off }));
    }

    /**
     * The reader scrolled: whoever goes up no longer follows the end.
     *
     * @param {boolean} complete Whether the last row is the newest, which can be followed.
     */
    moved(complete) {
        const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
        // A screen that becomes higher moves the rows without the reader.
        const resized = clientHeight !== this.#height;
        if (complete && scrollHeight - scrollTop - clientHeight <= NEAR) this.stick = true;
        else if (!complete || (scrollTop < this.#top - 1 && !resized)) this.stick = false;
        this.remember();
    }

    /** Bring back to the reader what was there, after rows changed. */
    restore() {
        if (this.stick) {
            this.#scroller.scrollTop = this.#scroller.scrollHeight;
            this.#top = this.#scroller.scrollTop;
            this.#height = this.#scroller.clientHeight;
            return;
        }
        const shown = this.#anchors.filter(({ stop }) => stop.isConnected && !stop.hidden);
        // A row that begins above the screen may change its height, and moves those below it.
        const kept = shown.find(({ offset }) => offset >= 0) ?? shown[0];
        if (kept) {
            const moved = () => kept.stop.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top - kept.offset;
            this.#scroller.scrollTop += moved();
            const off = moved();
            this.remember(Math.abs(off) < 1 ? off : 0);
        } else this.remember();
    }

    /** @returns {HTMLElement|undefined} The first row on the screen, as of the last {@link remember}. */
    get anchor() {
        return this.#anchors.find(({ stop }) => stop.isConnected)?.stop;
    }

    /** The reader stays where they are, whatever comes. */
    hold() {
        this.stick = false;
        this.remember();
    }

    /** @returns {HTMLElement|undefined} The last row of which the reader has seen the end, or that fills the screen. */
    get last() {
        if (this.stick) return this.#rows.stops().at(-1);
        const bottom = this.#scroller.getBoundingClientRect().bottom + 1;
        const stops = this.#anchors.map(({ stop }) => stop);
        return stops.findLast((stop) => stop.getBoundingClientRect().bottom <= bottom) ?? stops.at(-1);
    }

    /** @returns {HTMLElement[]} The rows on the screen: found by bisection, since they are in order. */
    #visible() {
        const stops = this.#rows.stops();
        const { top, bottom } = this.#scroller.getBoundingClientRect();
        let low = 0;
        let high = stops.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (stops[middle].getBoundingClientRect().bottom > top) high = middle;
            else low = middle + 1;
        }
        let end = low;
        while (end < stops.length && stops[end].getBoundingClientRect().top < bottom) end++;
        return stops.slice(low, end);
    }
}

/**
 * What a reader can do with a row: buttons beside the row that is pointed at or focused, and a menu (WAI-ARIA Authoring
 * Practices, menu button).
 */

import { t } from '../strings/index.js';
import { element } from './render.js';

const LABELS = {
    reply: 'log.reply',
    react: 'log.react',
    copy: 'log.copy',
    profile: 'log.profile',
    redact: 'log.redact',
    retry: 'log.retry',
    discard: 'log.discard',
};
const SYMBOLS = { react: '☺', reply: '↩' };

export class RowMenu {
    /** Buttons, to be put beside the list within the scrolled element. */
    bar = element('div', 'actions');
    /** The menu, to be put over the scrolled element. */
    menu = element('div', 'menu');
    #choose;
    #permitted;
    /** @type {HTMLElement|null} */
    #row = null;
    /** @type {HTMLElement|null} What gets the focus when the menu closes. */
    #back = null;

    /**
     * @param {(row: HTMLElement, action: string) => void} choose
     * @param {(row: HTMLElement) => string[]} permitted The actions that the reader can take with a row's message.
     */
    constructor(choose, permitted) {
        this.#choose = choose;
        this.#permitted = permitted;
        this.menu.setAttribute('role', 'menu');
        this.menu.setAttribute('aria-label', t('log.actions'));
        this.menu.hidden = true;
        this.bar.hidden = true;
        this.bar.setAttribute('role', 'group');
        this.bar.setAttribute('aria-label', t('log.actions'));
        this.menu.addEventListener('keydown', (event) => this.#key(event));
        this.menu.addEventListener('focusout', (event) => {
            if (!this.menu.contains(event.relatedTarget)) this.close(false);
        });
        this.menu.addEventListener('click', (event) => this.#picked(event));
        this.bar.addEventListener('click', (event) => this.#picked(event));
    }

    /** @returns {boolean} Whether the menu is open. */
    get isOpen() {
        return !this.menu.hidden;
    }

    /** Show the buttons beside a row, or nowhere. */
    point(row) {
        if (this.isOpen) return;
        const actions = row ? this.#permitted(row) : [];
        this.#row = actions.length > 0 ? row : null;
        this.bar.hidden = this.#row === null;
        if (this.#row === null) return;
        this.bar.style.setProperty('top', `${row.offsetTop}px`);
        const buttons = Object.keys(SYMBOLS)
            .filter((action) => actions.includes(action))
            .map((action) => this.#button(action));
        const more = element('button', '', '⋯');
        more.type = 'button';
        more.dataset.action = 'more';
        more.title = t('log.more');
        more.setAttribute('aria-label', t('log.more'));
        more.setAttribute('aria-haspopup', 'menu');
        this.bar.replaceChildren(...buttons, more);
    }

    /** Open the menu of a row. */
    open(row) {
        const actions = this.#permitted(row);
        if (actions.length === 0) return;
        this.#row = row;
        this.#back = row;
        this.menu.replaceChildren(
            ...actions.map((action) => {
                const item = element('button', action === 'redact' ? 'danger' : '', t(LABELS[action]));
                item.type = 'button';
                item.tabIndex = -1;
                item.dataset.action = action;
                item.setAttribute('role', 'menuitem');
                return item;
            }),
        );
        this.menu.hidden = false;
        const frame = this.menu.offsetParent?.getBoundingClientRect();
        const place = row.getBoundingClientRect();
        if (frame) {
            const top = Math.min(Math.max(place.top - frame.top, 0), Math.max(0, frame.height - this.menu.offsetHeight - 4));
            this.menu.style.setProperty('top', `${top}px`);
        }
        this.menu.firstElementChild.focus({ preventScroll: true });
    }

    /**
     * Close the menu.
     *
     * @param {boolean} refocus Whether the row gets the focus.
     */
    close(refocus) {
        if (!this.isOpen) return;
        this.menu.hidden = true;
        if (refocus && this.#back?.isConnected) this.#back.focus({ preventScroll: true });
        this.#back = null;
    }

    #button(action) {
        const button = element('button', '', SYMBOLS[action]);
        button.type = 'button';
        button.dataset.action = action;
        button.title = t(LABELS[action]);
        button.setAttribute('aria-label', t(LABELS[action]));
        return button;
    }

    #picked(event) {
        const action = event.target.closest?.('[data-action]')?.dataset.action;
        const row = this.#row;
        if (!action || !row) return;
        if (action === 'more') {
            this.open(row);
            return;
        }
        this.close(true);
        this.#choose(row, action);
    }

    #key(event) {
        const items = [...this.menu.children];
        const at = items.indexOf(document.activeElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
        if (to !== undefined) items.at(to % items.length).focus();
        else if (event.key === 'Escape' || event.key === 'Tab') this.close(true);
        else return;
        event.preventDefault();
        event.stopPropagation();
    }
}

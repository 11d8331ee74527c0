import { useEffect, useId, useLayoutEffect, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { Problem, useTask } from '../../ui/task.js';

/** Milliseconds between a key in the filter and the search. */
const WAIT = 250;

/** So many looks at the server pass between two loads of a list that somebody sees. */
const EVERY = 3;

/**
 * Load a list in parts, and again now and then while only its first part is shown.
 *
 * @param {object} app
 * @param {(matching: string, items: object[]) => Promise<{items: object[], more: boolean}>} load returns the items behind those
 *   that are given
 */
export function useListing(app, load) {
  const [matching, setMatching] = useState('');
  const [shown, setShown] = useState(null);
  const task = useTask();
  const run = useRef(0);
  const begin = (filter, before = []) => {
    run.current += 1;
    const own = run.current;
    return task.run(async () => {
      try {
        const { items, more } = await load(filter, before);
        if (own === run.current) setShown({ items: [...before, ...items], more, grown: before.length > 0 });
      } catch (error) {
        app.watching.fail(error);
        throw error;
      }
    });
  };
  const state = useRef(null);
  state.current = { again: () => begin(matching), grown: shown?.grown, busy: task.busy };
  useEffect(() => {
    if (!shown) {
      begin(matching);
      return undefined;
    }
    const timer = app.window.setTimeout(() => begin(matching), WAIT);
    return () => app.window.clearTimeout(timer);
  }, [matching]);
  useEffect(() => {
    let looks = 0;
    return app.watching.watch(() => {
      looks += 1;
      const { again, grown, busy } = state.current;
      if (looks % EVERY === 0 && !grown && !busy && !app.dialogs.open.length) again();
    });
  }, []);
  return { matching, setMatching, shown, task, again: () => begin(matching), more: () => begin(matching, shown.items) };
}

/**
 * A list with a filter.
 *
 * @param {{listing: object, label: string, hint: string, none: string, keyOf: (item: object) => any, row: (item: object) => any}} props
 *   `listing`: of `useListing`; `row` returns what is in the row of an item
 */
export function Listing({ listing, label, hint, none, keyOf, row }) {
  const { matching, setMatching, shown, task, again, more } = listing;
  const id = useId();
  // Where somebody has left meanwhile, the next part begins with what is shown already.
  const found = [...new Map((shown?.items ?? []).map((item) => [keyOf(item), item])).values()];
  const list = useRef(null);
  const filter = useRef(null);
  // A row that goes away takes the focus with it.
  const held = Boolean(list.current?.contains(list.current.ownerDocument.activeElement));
  useLayoutEffect(() => {
    if (held && !list.current.contains(list.current.ownerDocument.activeElement)) filter.current.focus();
  }, [shown]);
  const said = shown ? t(shown.more ? 'admin.countMore' : 'admin.count', { count: found.length }) : t('admin.loading');
  return html`
    <div class="find" role="search">
      <div class="field"><label for=${id}>${t('admin.filter')}</label>
        <input id=${id} ref=${filter} type="search" value=${matching} maxlength="100" placeholder=${hint} spellcheck=${false} autocomplete="off"
          onInput=${(event) => setMatching(event.target.value.trim())} /></div>
      <button type="button" onClick=${again}>${t('admin.again')}</button>
    </div>
    <${Problem} error=${task.error} />
    <p class="summary" role="status">${shown && !found.length ? none : said}</p>
    <ul class="rows" ref=${list} aria-label=${label}>${found.map((item) => html`<li key=${keyOf(item)}>${row(item)}</li>`)}</ul>
    ${shown?.more && html`<p class="buttons"><button type="button" disabled=${task.busy} onClick=${more}>${t('admin.more')}</button></p>`}`;
}

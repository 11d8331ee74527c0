import { useEffect, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { t, wordsFor } from '../../strings/index.js';
import { OpenDialogs } from '../../ui/dialog.js';
import { html } from '../../ui/html.js';
import { useWatch } from '../../ui/watch.js';
import { Accounts } from './accounts.js';
import { Audit } from './audit.js';
import { Bans } from './bans.js';
import { Overview } from './overview.js';
import { People, Rooms } from './people.js';
import { ServerPart } from './server.js';

/** The parts of the page: the end of their address, the keys of their names, and their components. */
const PARTS = [
  ['overview', 'admin.overview', Overview],
  ['users', 'admin.users', People],
  ['rooms', 'admin.rooms', Rooms],
  ['bans', 'admin.bans', Bans],
  ['accounts', 'admin.accounts', Accounts],
  ['audit', 'admin.audit', Audit],
  ['server', 'admin.server', ServerPart],
];

/** Return the number of the part that an address names. */
const numberOf = (hash) => Math.max(0, PARTS.findIndex(([name]) => `#${name}` === hash));

/** Return where the arrow keys lead from a tab. */
function step(event, at) {
  const steps = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: PARTS.length - 1 };
  return event.key in steps ? (steps[event.key] + PARTS.length) % PARTS.length : -1;
}

/** The tabs, and what the open one shows. */
function Parts({ app, status }) {
  const { location, history } = app.window;
  const [open, setOpen] = useState(numberOf(location.hash));
  const tabs = useRef(null);
  useEffect(() => {
    const follow = () => setOpen(numberOf(location.hash));
    app.window.addEventListener('hashchange', follow);
    return () => app.window.removeEventListener('hashchange', follow);
  }, []);
  const choose = (number) => {
    setOpen(number);
    history.replaceState(null, '', `#${PARTS[number][0]}`);
  };
  const onKeyDown = (event) => {
    const next = step(event, open);
    if (next < 0) return;
    event.preventDefault();
    choose(next);
    tabs.current.children[next].focus();
  };
  const [name, , Part] = PARTS[open];
  return html`<div class="tabs" role="tablist" aria-label=${t('admin.parts')} ref=${tabs} onKeyDown=${onKeyDown}>
      ${PARTS.map(([own, label], number) => html`<button type="button" role="tab" key=${own} id=${`tab-${own}`} aria-selected=${String(own === name)}
        aria-controls="part" tabindex=${own === name ? 0 : -1} onClick=${() => choose(number)}>${t(label)}</button>`)}
    </div>
    <div id="part" class="panel" role="tabpanel" aria-labelledby=${`tab-${name}`} tabindex="0"><${Part} key=${name} app=${app} status=${status} /></div>`;
}

/** The whole page. */
export function Page({ app }) {
  const { watching } = app;
  useWatch(watching);
  const { status, error, refused } = watching;
  return html`<header class="bar">
      <h1>${t('admin.title')}</h1>
      <p class="hint">${status && t('admin.as', { account: safeName(status.account) })}</p>
      <a href="/">${t('admin.back')}</a>
    </header>
    <main>
      ${error && html`<p class="trouble" role="alert">${wordsFor(error)}${!refused && ` ${t('admin.stale')}`}</p>`}
      ${refused || !status
        ? html`<p role="status">${refused ? '' : t('admin.loading')}</p>`
        : html`<${Parts} app=${app} status=${status} />`}
    </main>
    <${OpenDialogs} app=${app} />`;
}

import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { moment } from '../format.js';
import { Listing, useListing } from './listing.js';

/** What administrators did, newest first. */
export function Audit({ app }) {
  const listing = useListing(app, (matching, items) => app.server.acts(matching, items.at(-1)?.sequence ?? null));
  const row = (act) => {
    if (act.damaged) return html`<div class="what"><p class="problem">${t('admin.damaged', { number: act.sequence })}</p></div>`;
    const place = [act.door || t('admin.server'), act.address].filter(Boolean).join(', ');
    return html`<div class="what">
      <p><bdi class="name">${safeName(act.who)}</bdi> <code>${safeName(act.act)}</code> <bdi>${safeName(act.target)}</bdi></p>
      ${act.detail && html`<p>${safeName(act.detail)}</p>`}
      <p class="hint"><time datetime=${new Date(act.time).toISOString()}>${moment(act.time)}</time>, ${place}${act.account && act.account !== act.who
        && `, ${t('admin.account', { account: safeName(act.account) })}`}</p>
    </div>`;
  };
  return html`<h2>${t('admin.audit')}</h2>
    <${Listing} listing=${listing} label=${t('admin.audit')} hint=${t('admin.auditFilter')} none=${t('admin.auditNone')} keyOf=${({ sequence }) => sequence} row=${row} />`;
}

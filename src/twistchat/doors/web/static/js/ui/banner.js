import { t } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/** Says that the server has another version of the page, and loads that. */
export function Outdated({ app }) {
  return app.outdated && html`<div class="banner" role="alert" data-state="outdated">
    <span>${t('banner.outdated')}</span>
    <button type="button" onClick=${() => app.reload()}>${t('banner.reload')}</button>
  </div>`;
}

/** Says for a while what this user has done. */
export function Said({ app }) {
  return html`<div class="banner" role="status" data-state="said">${app.said}</div>`;
}

/** Says that the connection is not there, and what happens about it. */
export function Banner({ app }) {
  const { session } = app.chat;
  useWatch(session);
  const { state } = session;
  return html`<div class="banner" role="status" data-state=${state}>
    ${state === 'connecting' && html`<span>${t('banner.connecting')}</span>`}
    ${state === 'waiting' && html`<span>${t('banner.waiting')}</span>
      <button type="button" onClick=${() => app.client.retry()}>${t('banner.retry')}</button>`}
  </div>`;
}

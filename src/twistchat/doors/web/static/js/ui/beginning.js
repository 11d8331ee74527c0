import { createRoom, findRooms } from '../rooms/views.js';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';
import { useWatch } from './watch.js';

const SAID = new Set(['text', 'notice', 'action', 'redacted']);

/** Stands where a conversation has no messages yet, and says what can be done about that. */
export function Beginning({ conversation }) {
  const { timeline, kind, name, joined } = conversation;
  useWatch(conversation, timeline);
  if (kind === 'server' || (kind === 'room' && !(joined && timeline.loaded))) return null;
  if (timeline.messages.some((message) => SAID.has(message.kind))) return null;
  return html`<div class="beginning">
    <span class="sign" aria-hidden="true"><${Icon} name="talk" /></span>
    <p class="what">${t('beginning.title')}</p>
    <p>${t(kind === 'room' ? 'beginning.room' : 'beginning.person', { name })}</p>
  </div>`;
}

/** Stands where no conversation is open. */
export function Nowhere({ app, inert }) {
  return html`<main id="main" class="conversation" inert=${inert}>
    <h1 class="hidden">${app.offer.network}</h1>
    <div class="header narrow-only"><button type="button" class="plain" data-opens="sidebar" aria-label=${t('sidebar.open')} onClick=${() => app.toggleSidebar()}
      ><${Icon} name="menu" /></button></div>
    <div class="beginning">
      <span class="sign" aria-hidden="true"><${Icon} name="talk" /></span>
      <h2 tabindex="-1">${t('beginning.nowhere')}</h2>
      <p>${t('room.none')}</p>
      <p class="do">
        <button type="button" class="primary" onClick=${() => findRooms(app)}>${t('rooms.find')}</button>
        <button type="button" onClick=${() => createRoom(app)}>${t('rooms.create')}</button>
      </p>
    </div>
  </main>`;
}

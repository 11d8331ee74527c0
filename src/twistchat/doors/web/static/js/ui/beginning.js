import { safeName } from '../log/safe.js';
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

/** Says that a private conversation with a guest is gone when the page is loaded again. Source: docs/irc.md, History. */
export function NotKept({ app, conversation }) {
  const { chat } = app;
  useWatch(chat.people, chat.session);
  const { kind, name } = conversation;
  const account = kind === 'person' ? chat.people.get(name)?.account : undefined;
  if (account === undefined || (account && chat.session.account)) return null;
  return html`<p class="notKept">${t(chat.session.account ? 'beginning.guest' : 'beginning.selfGuest', { name: safeName(name) })}</p>`;
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

import { useEffect } from '../../vendor/preact-hooks.mjs';
import { t } from '../strings/index.js';
import { Banner, Outdated, Said } from './banner.js';
import { Nowhere } from './beginning.js';
import { ConversationView } from './conversation.js';
import { OpenDialogs } from './dialog.js';
import { useDrawers } from './drawers.js';
import { html } from './html.js';
import { MemberList } from './people/members.js';
import { Invitations } from './rooms/invitations.js';
import { Sidebar } from './sidebar.js';
import { installViewport } from './viewport.js';
import { useWatch } from './watch.js';

/** The chat: the list of conversations, the open one, and its members. */
export function Screen({ app }) {
  const { conversations } = app.chat;
  useWatch(conversations, app);
  const conversation = conversations.open;
  const hasMembers = conversation?.kind === 'room';
  const members = hasMembers && app.members;
  const drawer = useDrawers(app, hasMembers);
  useEffect(() => installViewport(window), []);
  return html`<div class="screen" data-sidebar=${app.sidebar ? 'open' : 'closed'} data-members=${members ? 'open' : 'closed'}>
    <a class="skip" href="#main" onClick=${(event) => app.skip(event)}>${t('app.skip')}</a>
    <div class="banners"><${Outdated} app=${app} /><${Said} app=${app} /><${Banner} app=${app} /><${Invitations} app=${app} /></div>
    <${Sidebar} app=${app} />
    ${drawer === 'sidebar' && html`<button type="button" class="shade" aria-label=${t('sidebar.close')}
      onClick=${() => app.toggleSidebar()}></button>`}
    ${conversation
      ? html`<${ConversationView} app=${app} conversation=${conversation} inert=${drawer !== null} />`
      : html`<${Nowhere} app=${app} inert=${drawer !== null} />`}
    ${drawer === 'members' && html`<button type="button" class="shade" aria-label=${t('room.hideMembers')}
      onClick=${() => app.toggleMembers()}></button>`}
    ${members && html`<${MemberList} app=${app} conversation=${conversation} />`}
    <${OpenDialogs} app=${app} />
  </div>`;
}

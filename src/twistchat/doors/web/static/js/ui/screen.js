import { t } from '../strings/index.js';
import { Banner } from './banner.js';
import { ConversationView } from './conversation.js';
import { OpenDialogs } from './dialog.js';
import { html } from './html.js';
import { MemberList } from './people/members.js';
import { Invitations } from './rooms/invitations.js';
import { Sidebar } from './sidebar.js';
import { useWatch } from './watch.js';

/** The chat: the list of conversations, the open one, and its members. */
export function Screen({ app }) {
  const { conversations } = app.chat;
  useWatch(conversations, app);
  const conversation = conversations.open;
  const members = conversation?.kind === 'room' && app.members;
  return html`<div class="screen" data-sidebar=${app.sidebar ? 'open' : 'closed'} data-members=${members ? 'open' : 'closed'}>
    <a class="skip" href="#composer" onClick=${(event) => app.skip(event)}>${t('app.skip')}</a>
    <div class="banners"><${Banner} app=${app} /><${Invitations} app=${app} /></div>
    <${Sidebar} app=${app} />
    ${app.sidebar && html`<button type="button" class="shade" aria-label=${t('sidebar.close')}
      onClick=${() => app.toggleSidebar()}></button>`}
    ${conversation
      ? html`<${ConversationView} app=${app} conversation=${conversation} />`
      : html`<main class="conversation empty"><h1 class="hidden">${app.offer.network}</h1><p>${t('room.none')}</p></main>`}
    ${members && html`<${MemberList} app=${app} conversation=${conversation} />`}
    <${OpenDialogs} app=${app} />
  </div>`;
}

import { useEffect } from '../../vendor/preact-hooks.mjs';
import { safeName } from '../log/safe.js';
import { leave } from '../rooms/leaving.js';
import { showPerson, showRoom } from '../rooms/views.js';
import { showSearch } from '../search/views.js';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';
import { presenceOf } from './people/presence.js';
import { useWatch } from './watch.js';

function Button({ label, icon, ...attributes }) {
  return html`<button type="button" class="plain" aria-label=${label} title=${label} ...${attributes}><${Icon} name=${icon} /></button>`;
}

/** Name and topic of a conversation, and what can be done with it. */
export function Header({ app, conversation }) {
  const isPerson = conversation.kind === 'person';
  useWatch(conversation, app, app.chat.session, isPerson ? app.chat.people : null);
  useEffect(() => {
    if (isPerson) app.rooms.look(conversation);
  }, [conversation, app.chat.session.state]);
  const isRoom = conversation.kind === 'room';
  const { members } = app;
  const topic = safeName(conversation.topic);
  const name = conversation.kind === 'server' ? t('sidebar.server') : conversation.name;
  return html`<header class="header">
    <${Button} label=${t('sidebar.open')} icon="menu" class="plain narrow-only" data-opens="sidebar" onClick=${() => app.toggleSidebar()} />
    <div class="title">
      <h2 tabindex="-1">${name}</h2>
      <p class="topic" title=${topic}>${isRoom
        ? topic || t('room.noTopic')
        : isPerson && (presenceOf(app.chat.people.get(conversation.name)) || t('person.unknown'))}</p>
    </div>
    <${Button} label=${t('search.open')} icon="search" aria-haspopup="dialog" onClick=${() => showSearch(app)} />
    ${conversation.kind !== 'server' && html`<${Button} label=${isRoom ? t('room.details', { name }) : t('members.profile', { nick: name })} icon="info"
      aria-haspopup="dialog" onClick=${() => (isRoom ? showRoom(app, conversation) : showPerson(app, name))} />`}
    ${isRoom && html`<${Button} label=${t(members ? 'room.hideMembers' : 'room.showMembers')} icon="people" data-opens="members"
      aria-pressed=${String(members)} onClick=${() => app.toggleMembers()} />`}
    <${Button} label=${t(isRoom ? 'room.leave' : 'room.close', { name })} icon="close" class=${isRoom ? 'plain wide-only' : 'plain'}
      onClick=${() => leave(app, conversation)} />
  </header>`;
}

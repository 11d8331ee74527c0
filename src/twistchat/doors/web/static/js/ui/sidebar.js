import { useState } from '../../vendor/preact-hooks.mjs';
import { byName } from '../rooms/ranks.js';
import { createRoom, findRooms } from '../rooms/views.js';
import { showMentions } from '../search/views.js';
import { t, wordsFor } from '../strings/index.js';
import { html } from './html.js';
import { Avatar, Icon } from './parts.js';
import { useWatch } from './watch.js';

function Count({ conversation }) {
  const { unread, mentions } = conversation;
  if (!unread) return null;
  const key = mentions ? 'sidebar.mentions' : 'sidebar.unread';
  return html`<span class=${mentions ? 'count mention' : 'count'}>
    <span aria-hidden="true">${mentions || unread}</span>
    <span class="hidden">${t(key, { count: mentions || unread })}</span>
  </span>`;
}

function presence(app, conversation) {
  const person = app.chat.people.get(conversation.name);
  if (person?.online === false) return 'offline';
  return person?.away != null ? 'away' : 'here';
}

/** One conversation of the list. It is rendered again only when that conversation changes. */
function Item({ app, conversation, current }) {
  const isPerson = conversation.kind === 'person';
  useWatch(conversation, isPerson ? app.chat.people : null);
  const state = isPerson ? presence(app, conversation) : '';
  const muted = app.rooms.isIn('muted', conversation);
  const name = conversation.kind === 'server' ? t('sidebar.server') : conversation.name;
  return html`<li>
    <button type="button" class=${conversation.unread && !muted ? 'item unread' : 'item'} aria-current=${current ? 'page' : null}
      onClick=${() => app.open(conversation.name).catch(() => {})}>
      ${isPerson ? html`<${Avatar} name=${name} state=${state} colour=${app.chat.people.get(name)?.metadata.get('color')} />` : html`<span class="hash" aria-hidden="true">#</span>`}
      <span class="name">${conversation.kind === 'room' ? html`<span class="hidden">#</span>${name.slice(1)}` : name}</span>
      ${(state === 'away' || state === 'offline') && html`<span class="hidden">, ${t(`sidebar.${state}`)}</span>`}
      ${muted
        ? html`<span class="muted" title=${t('sidebar.muted')}><${Icon} name="mute" /><span class="hidden">, ${t('sidebar.muted')}</span></span>`
        : html`<${Count} conversation=${conversation} />`}
    </button>
  </li>`;
}

function List({ app, title, items, empty, children }) {
  return html`<section>
    <div class="heading"><h2>${title}</h2>${children}</div>
    ${items.length
      ? html`<ul>${items.map((conversation) => html`<${Item} key=${conversation.name} app=${app} conversation=${conversation}
          current=${conversation === app.chat.conversations.open} />`)}</ul>`
      : html`<p class="empty">${empty}</p>`}
  </section>`;
}

function Tool({ label, icon, onClick }) {
  return html`<button type="button" class="plain tool" aria-label=${label} title=${label} aria-haspopup="dialog" onClick=${onClick}
    ><${Icon} name=${icon} /></button>`;
}

/** Opens the mentions, and says how many are new. */
function MentionsButton({ app }) {
  useWatch(...app.chat.rooms());
  const count = app.chat.rooms().filter((room) => !app.rooms.isIn('muted', room)).reduce((sum, room) => sum + room.mentions, 0);
  const label = count ? t('mentions.openCount', { count }) : t('mentions.open');
  return html`<button type="button" class="plain at" aria-label=${label} title=${label} aria-haspopup="dialog"
    onClick=${() => showMentions(app)}><${Icon} name="at" />${count > 0 && html`<span class="count mention" aria-hidden="true">${count}</span>`}</button>`;
}

/** Join or create a room, or begin a private conversation. */
function JoinForm({ app }) {
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const name = new FormData(form).get('target').trim();
    if (!name) return;
    try {
      await app.open(name, { join: true });
      form.reset();
      setError(null);
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<form class="join" onSubmit=${submit}>
    <input name="target" aria-label=${t('sidebar.joinLabel')} placeholder=${t('sidebar.joinHint')} autocomplete="off"
      spellcheck=${false} maxlength="64" />
    <button>${t('sidebar.join')}</button>
    <p class="problem" role="alert">${error ? wordsFor(error) : ''}</p>
  </form>`;
}

/** This user, the settings, and the way out. */
function Footer({ app }) {
  const { session, people } = app.chat;
  useWatch(session, people);
  const metadata = people.get(session.nick)?.metadata;
  const name = metadata?.get('display-name') || session.nick;
  const leave = t(session.account ? 'sidebar.logout' : 'sidebar.leave');
  return html`<footer>
    <button type="button" class="item self" title=${t('sidebar.profile')} onClick=${() => app.showSettings('profile')}>
      <${Avatar} name=${name} nick=${session.nick} colour=${metadata?.get('color')} />
      <span class="own"><span class="name"><span class="hidden">${t('sidebar.you', { nick: '' })}</span>${name}</span>
        ${!session.account && html`<small>${t('sidebar.guest')}</small>`}</span>
    </button>
    <button type="button" class="plain" aria-label=${t('sidebar.settings')} title=${t('sidebar.settings')}
      onClick=${() => app.showSettings()}><${Icon} name="settings" /></button>
    <button type="button" class="plain" aria-label=${leave} title=${leave} onClick=${() => app.logOut()}><${Icon} name="leave" /></button>
  </footer>`;
}

/** Rooms and people, and this user. */
export function Sidebar({ app }) {
  const { conversations, session } = app.chat;
  useWatch(conversations, session, app.settings);
  const all = [...conversations].sort((one, other) => byName(one.name, other.name));
  const favourites = all.filter((conversation) => app.rooms.isIn('favourites', conversation));
  const of = (...kinds) => all.filter((conversation) => kinds.includes(conversation.kind) && !favourites.includes(conversation));
  return html`<nav class="sidebar" aria-label=${t('sidebar.label')} data-region>
    <div class="top"><p class="network">${app.offer.network}</p><${MentionsButton} app=${app} /></div>
    <div class="lists">
      ${favourites.length > 0 && html`<${List} app=${app} title=${t('sidebar.favourites')} items=${favourites} />`}
      <${List} app=${app} title=${t('sidebar.rooms')} items=${of('room', 'server')} empty=${t('room.none')}>
        <${Tool} label=${t('rooms.find')} icon="search" onClick=${() => findRooms(app)} />
        <${Tool} label=${t('rooms.create')} icon="add" onClick=${() => createRoom(app)} />
      </${List}>
      <${JoinForm} app=${app} />
      <${List} app=${app} title=${t('sidebar.people')} items=${of('person')} empty=${t('sidebar.noPeople')} />
    </div>
    <${Footer} app=${app} />
  </nav>`;
}

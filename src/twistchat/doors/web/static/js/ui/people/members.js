import { useEffect, useMemo, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { groupsOf } from '../../rooms/ranks.js';
import { showPerson } from '../../rooms/views.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Avatar } from '../parts.js';
import { useSlowWatch } from '../watch.js';

/** How many members of each rank are shown at first, and how many more each time. So 5,000 members are no burden. */
const PORTION = 100;

/** From how many members on there is a filter. */
const FILTER_FROM = 20;

/** Milliseconds between two renderings of the list, at least. */
const PAUSE = 150;

function Member({ app, room, member }) {
  const { nick } = member;
  const person = app.chat.people.get(nick);
  const away = person?.away != null;
  const name = safeName(person?.metadata.get('display-name') || nick);
  return html`<li>
    <button type="button" class=${away ? 'item away' : 'item'} title=${t('members.profile', { nick })} aria-haspopup="dialog"
      data-nick=${nick} onClick=${() => showPerson(app, nick, room)}>
      <${Avatar} name=${name} nick=${nick} colour=${person?.metadata.get('color')} state=${away ? 'away' : 'here'} />
      <span class="name">${name}${name !== nick && html` <small>${nick}</small>`}</span>
      ${app.chat.reader.ignores(nick) && html`<span class="rank">${t('members.ignored')}</span>`}
      ${away && html`<span class="rank">${t('sidebar.away')}</span>`}
    </button>
  </li>`;
}

function Group({ app, room, mode, members }) {
  const [most, setMost] = useState(PORTION);
  const title = t(`members.group.${mode || 'none'}`);
  return html`<section>
    <h3>${t('members.heading', { title, count: members.length })}</h3>
    <ul>${members.slice(0, most).map((member) => html`<${Member} key=${member.nick} app=${app} room=${room} member=${member} />`)}</ul>
    ${members.length > most && html`<button type="button" class="more" onClick=${() => setMost(most + PORTION)}>
      ${t('members.more', { count: members.length - most })}</button>`}
  </section>`;
}

/** The members of a room under the headings of their ranks, highest first. */
export function MemberList({ app, conversation }) {
  const { members } = conversation;
  const [text, setText] = useState('');
  // Sorting many members takes a while: they are sorted when they have changed, and not for each one who has.
  const changes = useRef(0);
  useEffect(() => members.watch(() => changes.current++), [members]);
  useSlowWatch(app.timers, PAUSE, members, app.chat.people);
  useEffect(() => {
    setText('');
    app.rooms.look(conversation);
  }, [conversation, conversation.joined]);
  const wanted = text.trim().toLowerCase();
  const groups = useMemo(() => groupsOf(members, app.chat.isupport.ranks, ({ nick }) => {
    const name = app.chat.people.get(nick)?.metadata.get('display-name') ?? '';
    return !wanted || `${nick} ${name}`.toLowerCase().includes(wanted);
  }), [members, changes.current, wanted]);
  const count = members.byName.size;
  // Who is outside knows nobody there.
  if (!count && !conversation.joined) return null;
  return html`<aside class="members" aria-label=${t('members.label', { name: conversation.name })} data-region>
    <h2>${t('members.count', { count })}</h2>
    ${count >= FILTER_FROM && html`<input aria-label=${t('members.filter')} placeholder=${t('members.filter')} value=${text}
      onInput=${(event) => setText(event.target.value)} />`}
    ${groups.map(({ mode, members: those }) => html`<${Group} key=${mode} app=${app} room=${conversation} mode=${mode} members=${those} />`)}
  </aside>`;
}

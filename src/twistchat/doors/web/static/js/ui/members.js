import { t } from '../strings/index.js';
import { html } from './html.js';
import { Avatar } from './parts.js';
import { useWatch } from './watch.js';

/** Return the place of a member's highest rank: 0 is the highest. */
function standing(member, ranks) {
  const index = ranks.findIndex((rank) => rank.prefix === member.prefixes[0]);
  return index < 0 ? ranks.length : index;
}

function Member({ app, member, rank }) {
  const person = app.chat.people.get(member.nick);
  const away = person?.away != null;
  return html`<li>
    <button type="button" class="item" title=${t('members.talk', { nick: member.nick })} onClick=${() => app.open(member.nick)}>
      <${Avatar} name=${member.nick} state=${away ? 'away' : 'here'} />
      <span class="name">${member.nick}</span>
      ${away && html`<span class="hidden">, ${t('sidebar.away')}</span>`}
      ${rank && html`<span class="rank">${t(`rank.${rank.mode}`)}</span>`}
    </button>
  </li>`;
}

/** The members of a room, highest ranks first. */
export function MemberList({ app, conversation }) {
  useWatch(conversation.members, app.chat.people);
  const { ranks } = app.chat.isupport;
  const members = [...conversation.members.byName.values()].sort(
    (one, other) => standing(one, ranks) - standing(other, ranks) || one.nick.localeCompare(other.nick));
  return html`<aside class="members" aria-label=${t('members.label', { name: conversation.name })} data-region>
    <h2>${t('members.count', { count: members.length })}</h2>
    <ul>${members.map((member) => html`<${Member} key=${member.nick} app=${app} member=${member}
      rank=${ranks[standing(member, ranks)]} />`)}</ul>
  </aside>`;
}

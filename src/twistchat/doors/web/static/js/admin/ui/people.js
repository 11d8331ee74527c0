import { useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../../ui/dialog.js';
import { html } from '../../ui/html.js';
import { Field, Outcome } from '../../ui/settings/form.js';
import { Done, useTask } from '../../ui/task.js';
import { BanForm } from './bans.js';
import { count, duration, moment } from '../format.js';
import { Listing, useListing } from './listing.js';

/** Asks for the reason, and disconnects a user, or removes them from a room. */
function Kick({ app, nick, close }) {
  const task = useTask();
  const submit = (event) => {
    event.preventDefault();
    const { reason, room } = Object.fromEntries(new FormData(event.target));
    const where = room.trim() || null;
    task.run(async () => {
      const done = await app.server.command('server', 'kick', { nick, reason: reason.trim(), room: where });
      close(t(where ? 'admin.kickedRoom' : 'admin.kicked', { nick: safeName(done.nick), room: safeName(done.room ?? '') }));
    });
  };
  return html`<${Dialog} title=${t('admin.kickTitle', { nick: safeName(nick) })} close=${close} class="small">
    <form onSubmit=${submit}>
      <p>${t('admin.kickText')}</p>
      <${Field} label=${t('admin.reason')} name="reason" maxlength="300" autocomplete="off" autofocus hint=${t('admin.reasonHint')} />
      <${Field} label=${t('admin.kickRoom')} name="room" maxlength="64" autocomplete="off" hint=${t('admin.kickRoomHint')} />
      <${Outcome} task=${task} />
      <p class="buttons">
        <button type="button" onClick=${() => close()}>${t('dialog.cancel')}</button>
        <button class="danger" disabled=${task.busy}>${t('admin.kick')}</button>
      </p>
    </form>
  </${Dialog}>`;
}

/** Asks for the mask, the time and the reason, and bans. */
function BanUser({ app, user, close }) {
  const masks = [...new Set([`*!*@${user.host}`, ...user.sessions.map(({ address }) => address).filter(Boolean)])];
  return html`<${Dialog} title=${t('admin.banTitle', { nick: safeName(user.nick) })} close=${close} class="small">
    <${BanForm} app=${app} masks=${masks} done=${close} cancel=${() => close()} />
  </${Dialog}>`;
}

const connections = (sessions) => sessions
  .map(({ door, address, secure }) => t(secure ? 'admin.session' : 'admin.sessionOpen', { door, address: address ?? t('admin.local') })).join(', ');

/** Who is here. */
export function People({ app }) {
  const listing = useListing(app, (matching, items) => app.server.command('server', 'who', {}, { matching, skip: items.length }));
  const [said, setSaid] = useState('');
  const show = async (Component, props) => {
    const done = await app.dialogs.show(async () => Component, props);
    if (done === undefined) return;
    setSaid(done);
    listing.again();
  };
  const row = (user) => html`
    <div class="what">
      <p><bdi class="name">${safeName(user.nick)}</bdi>
        ${user.account ? html`<span class="hint">${t('admin.account', { account: safeName(user.account) })}</span>` : html`<span class="hint">${t('admin.guest')}</span>`}
        ${user.operator && html`<span class="badge">${t('admin.operator')}</span>`}</p>
      <p class="hint">${connections(user.sessions) || t('admin.detached')}</p>
      <p class="hint">${t('admin.userText', { rooms: count(user.rooms), since: moment(user.since), idle: duration(user.idle) })}${user.away && `, ${t('admin.away')}`}</p>
    </div>
    <div class="do">
      <button type="button" aria-label=${t('admin.kickOf', { nick: safeName(user.nick) })} onClick=${() => show(Kick, { nick: user.nick })}>${t('admin.kickOpen')}</button>
      <button type="button" aria-label=${t('admin.banOf', { nick: safeName(user.nick) })} onClick=${() => show(BanUser, { user })}>${t('admin.banOpen')}</button>
    </div>`;
  return html`<h2>${t('admin.users')}</h2><${Done} text=${said} />
    <${Listing} listing=${listing} label=${t('admin.users')} hint=${t('admin.usersFilter')} none=${t('admin.usersNone')} keyOf=${({ nick }) => nick} row=${row} />`;
}

/** The rooms. */
export function Rooms({ app }) {
  const listing = useListing(app, (matching, items) => app.server.command('server', 'rooms', {}, { matching, skip: items.length }));
  const row = (room) => html`<div class="what">
    <p><bdi class="name">${safeName(room.name)}</bdi> <span class="hint">${t('admin.roomText', { members: count(room.members) })}</span>
      ${room.modes && html`<code>${room.modes}</code>`}</p>
    ${room.topic && html`<p>${safeName(room.topic)}</p>`}
    <p class="hint">${room.founder ? t('admin.founder', { founder: safeName(room.founder) }) : t('admin.founderNone')}</p>
  </div>`;
  return html`<h2>${t('admin.rooms')}</h2>
    <${Listing} listing=${listing} label=${t('admin.rooms')} hint=${t('admin.roomsFilter')} none=${t('admin.roomsNone')} keyOf=${({ name }) => name} row=${row} />`;
}

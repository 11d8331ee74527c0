import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { ENTERED } from '../../dialogs.js';
import { safeName } from '../../log/safe.js';
import { canKeep } from '../../rooms/access.js';
import { grantable, isWithinReach, rankOf, reaches } from '../../rooms/ranks.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { Avatar } from '../parts.js';
import { Done, Problem, useTask } from '../task.js';
import { useWatch } from '../watch.js';
import { presenceOf } from './presence.js';

/** Return a length of time in its largest unit. */
function ago(seconds) {
  const [key, size] = [['person.days', 86400], ['person.hours', 3600], ['person.minutes', 60]].find(([, unit]) => seconds >= unit) ?? ['person.seconds', 1];
  return t('person.ago', { time: t(key, { count: Math.floor(seconds / size) }) });
}

/** What WHOIS says. */
function Facts({ app, profile, close }) {
  const isMine = (name) => app.chat.conversations.get(name)?.joined;
  const signs = app.chat.isupport.ranks.map((rank) => rank.prefix).join('');
  const names = profile.rooms.map((room) => room.replace(new RegExp(`^[${signs.replace(/[\\\]^-]/g, '\\$&')}]+`), ''));
  const common = names.filter(isMine);
  const others = names.filter((name) => !isMine(name));
  const visit = (name) => {
    app.visit(name).then(() => close(ENTERED));
  };
  const links = (list) => html`<span class="links">${list.map((name) => html`<button key=${name} type="button" class="link"
    onClick=${() => visit(name)}>${safeName(name)}</button>`)}</span>`;
  const facts = [
    ['person.account', profile.account ?? t('person.guest')],
    ['person.realname', profile.realname !== profile.nick && safeName(profile.realname)],
    ['person.idle', profile.idle !== null && ago(profile.idle)],
    ['person.since', profile.since && new Date(profile.since).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })],
    ['person.rooms', common.length > 0 && links(common)],
    ['person.otherRooms', others.length > 0 && links(others)],
    ['person.remarks', safeName(profile.remarks.join('; '))],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([key, value]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Invite somebody to a room of this user. */
function Invite({ app, nick }) {
  const { busy, error, run } = useTask();
  const [said, setSaid] = useState('');
  const rooms = app.chat.rooms().filter((room) => room.joined && !room.members.byName.has(app.chat.fold(nick)));
  if (!rooms.length && !said) return null;
  const choose = (event) => {
    const room = app.chat.conversations.get(event.target.value);
    event.target.value = '';
    setSaid('');
    if (room) run(async () => {
      await app.rooms.invite(room, nick);
      setSaid(t('person.invited', { nick, room: room.name }));
    });
  };
  return html`<div>
    <select aria-label=${t('person.invite')} disabled=${busy} onChange=${choose}>
      <option value="">${t('person.inviteChoose')}</option>
      ${rooms.map((room) => html`<option key=${room.name} value=${room.name}>${room.name}</option>`)}
    </select>
    <${Problem} error=${error} /><${Done} text=${said} />
  </div>`;
}

/** What an operator of a room can do with a member. */
function InRoom({ app, room, nick, account }) {
  useWatch(room, room.members);
  const { busy, error, said, run } = useTask();
  const [keeps, setKeeps] = useState(true);
  const [list, setList] = useState(undefined);
  const member = room.members.byName.get(app.chat.fold(nick));
  const self = app.chat.isSelf(nick);
  const operates = room.joined && member && !self && reaches(app.chat, room, 'o');
  useEffect(() => {
    if (operates && account) app.rooms.access.load(room).then(setList, () => setList(null));
    else if (account === null) setList(null);
  }, [operates, account]);
  if (!room.joined || !member) return null;
  const { ranks } = app.chat.isupport;
  const able = isWithinReach(app.chat, room, nick) || self;
  const mine = able ? grantable(app.chat, room) : [];
  const has = (mode) => member.prefixes.includes(ranks.find((rank) => rank.mode === mode).prefix);
  const kick = async () => {
    const words = { title: t('person.kickTitle', { nick, room: room.name }), text: t('person.kickText', { nick }), action: t('person.kickDo'), field: t('room.reason') };
    const reason = await app.dialogs.ask(words);
    if (reason !== undefined) run(() => app.rooms.kick(room, nick, reason));
  };
  const ban = (kind) => app.dialogs.show(() => import('./ban.js').then(({ BanPerson }) => BanPerson), { room, nick, kind });
  const give = (mode) => run(async () => {
    const given = !has(mode);
    const forGood = list && keeps && canKeep(mode);
    await app.rooms.setRank(room, nick, mode, given, forGood ? account : null);
    return given ? t(forGood ? 'person.rankKept' : 'person.rankVisit', { nick: safeName(nick), rank: t(`rank.${mode}`) }) : '';
  });
  const rank = rankOf(app.chat, room, nick);
  return html`<section class="inRoom">
    <h3>${t('person.in', { room: room.name })}</h3>
    ${mine.length > 0
      ? html`<div class="ranks" role="group" aria-label=${t('person.ranks')}>${mine.map((mode) => html`
          <button key=${mode} type="button" aria-pressed=${String(has(mode))} disabled=${busy}
            onClick=${() => give(mode)}>${t(`rank.${mode}`)}</button>`)}</div>
          ${list && html`<label class="choice"><input type="checkbox" checked=${keeps} onChange=${(event) => setKeeps(event.target.checked)} />
            ${t('person.keepRank')}</label>`}
          ${operates && list === null && html`<p class="hint">${t(account ? 'person.ranksVisit' : 'person.ranksGuest', { nick: safeName(nick) })}</p>`}`
      : html`<p>${t(rank ? `rank.${rank}` : 'room.noRank')}</p>`}
    <${Problem} error=${error} /><${Done} text=${said} />
    ${able && !self && mine.length > 0 && html`<div class="ranks">
      <button type="button" class="danger" onClick=${kick}>${t('person.kick')}</button>
      <button type="button" class="danger" onClick=${() => ban('quiet')}>${t('person.quiet')}</button>
      <button type="button" class="danger" onClick=${() => ban('ban')}>${t('person.ban')}</button></div>`}
  </section>`;
}

/** Who somebody is, and what can be done with them. `room` is the conversation in which they were chosen, or null. */
export function PersonCard({ app, close, nick, room }) {
  useWatch(app.chat.people);
  const { error, run } = useTask();
  const [profile, setProfile] = useState(undefined);
  useEffect(() => {
    run(async () => setProfile(await app.rooms.profile(nick)));
  }, []);
  const person = app.chat.people.get(nick);
  const name = safeName(person?.metadata.get('display-name') || nick);
  const ignored = app.chat.reader.ignores(nick);
  const self = app.chat.isSelf(nick);
  const talk = () => {
    app.visit(nick).then(() => close(ENTERED));
  };
  // Another rank has moved the member in the list.
  const back = () => document.querySelector(`.members [data-nick="${CSS.escape(nick)}"]`);
  return html`<${Dialog} title=${t('person.title')} close=${close} back=${back} class="small">
    <div class="card-head">
      <${Avatar} name=${name} nick=${nick} colour=${person?.metadata.get('color')} />
      <div><p class="name">${name}</p>
        <p class="hint">${name !== nick && `${safeName(nick)} · `}${profile === undefined && !error ? t('person.loading') : presenceOf(person, profile)}</p></div>
    </div>
    <${Problem} error=${error} />
    ${profile === null && html`<p class="hint">${t('person.gone')}</p>`}
    ${!self && html`<div class="ranks">
      <button type="button" class="primary" autofocus onClick=${talk}>${t('person.message')}</button>
      <button type="button" aria-pressed=${String(ignored)} onClick=${() => app.chat.ignore(nick, !ignored)}>
        ${t(ignored ? 'person.unignore' : 'person.ignore')}</button></div>`}
    <${Done} text=${ignored ? t('person.ignoring', { nick }) : ''} />
    ${profile && html`<${Facts} app=${app} profile=${profile} close=${close} />`}
    ${profile && !self && html`<${Invite} app=${app} nick=${nick} />`}
    ${room?.kind === 'room' && html`<${InRoom} app=${app} room=${room} nick=${nick}
      account=${profile === undefined ? undefined : profile?.account ?? null} />`}
  </${Dialog}>`;
}

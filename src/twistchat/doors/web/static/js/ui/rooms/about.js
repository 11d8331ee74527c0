import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { plain } from '../../log/format.js';
import { safeName } from '../../log/safe.js';
import { leave } from '../../rooms/leaving.js';
import { MODES } from '../../rooms/modes.js';
import { rankOf, reaches } from '../../rooms/ranks.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Done, Problem, useTask } from '../task.js';
import { useWatch } from '../watch.js';

function Topic({ app, room }) {
  const { busy, error, run } = useTask();
  const [text, setText] = useState(null);
  const [done, setDone] = useState('');
  const allowed = room.joined && (!room.modes.has('t') || reaches(app.chat, room, 'o'));
  const submit = async (event) => {
    event.preventDefault();
    setDone('');
    if (await run(() => app.rooms.setTopic(room, (text ?? room.topic).replace(/\s+/g, ' ').trim()))) {
      setDone(t('room.topicSaved'));
      setText(null);
    }
  };
  const by = room.topic && room.topicBy ? t('room.topicBy', { nick: safeName(room.topicBy.split('!')[0]) }) : '';
  if (!allowed) {
    return html`<section><h3>${t('room.topic')}</h3>
      <p class="topicText">${safeName(plain(room.topic)) || t('room.noTopic')}</p>
      <p class="hint">${[by, room.joined ? t('room.topicLocked') : ''].filter(Boolean).join('. ')}</p></section>`;
  }
  return html`<form class="topicForm" onSubmit=${submit}>
    <label class="field"><span>${t('room.topic')}</span>
      <textarea rows="2" maxlength=${app.chat.isupport.number('TOPICLEN', 390)} value=${text ?? room.topic}
        onInput=${(event) => setText(event.target.value)}></textarea>
      <span class="hint">${by}</span></label>
    <${Problem} error=${error} /><${Done} text=${done} />
    ${text !== null && text !== room.topic && html`<p class="buttons"><button class="primary" disabled=${busy}>${t('room.saveTopic')}</button></p>`}
  </form>`;
}

/** What holds in a room, as sentences. */
function Rules({ room }) {
  const set = MODES.filter(({ mode }) => room.modes.has(mode));
  return html`<section><h3>${t('room.rules')}</h3>
    ${set.length
      ? html`<ul class="rules">${set.map(({ mode, value }) => html`<li key=${mode}>${value
          ? html`${t(`mode.${mode}`).replace(/\.$/, ': ')}<code>${safeName(room.modes.get(mode)) || '?'}</code>` : t(`mode.${mode}`)}</li>`)}</ul>`
      : html`<p class="hint">${t('room.noRules')}</p>`}
  </section>`;
}

/** Whether the room is registered, and what ChanServ says about it. */
function Registration({ app, room, found, reload }) {
  const { busy, error, run } = useTask();
  const [said, setSaid] = useState('');
  if (found === undefined) return null;
  if (found) {
    return found.settings.length > 0 && html`<section><h3>${t('room.kept')}</h3>
      <ul class="rules">${found.settings.map((line) => html`<li key=${line}>${safeName(line)}</li>`)}</ul></section>`;
  }
  const register = () => run(async () => {
    setSaid((await app.rooms.askChanServ('REGISTER', room.name)).join(' '));
    reload();
  });
  return html`<section>
    <p class="hint">${t('room.unregistered')}</p>
    <${Problem} error=${error} /><${Done} text=${said} />
    ${app.chat.session.account && reaches(app.chat, room, 'o') && html`<button type="button" disabled=${busy} onClick=${register}>
      ${t('room.register')}</button>`}
  </section>`;
}

/** Invite somebody by nick. */
function Invite({ app, room }) {
  const { busy, error, run } = useTask();
  const [nick, setNick] = useState('');
  const [said, setSaid] = useState('');
  const submit = async (event) => {
    event.preventDefault();
    const name = nick.trim();
    setSaid('');
    if (!name || !(await run(() => app.rooms.invite(room, name)))) return;
    setSaid(t('person.invited', { nick: name, room: room.name }));
    setNick('');
  };
  return html`<form class="inline" onSubmit=${submit}>
    <input aria-label=${t('room.inviteNick')} placeholder=${t('room.inviteNick')} value=${nick} autocomplete="off" spellcheck=${false}
      onInput=${(event) => setNick(event.target.value)} />
    <button disabled=${busy || !nick.trim()}>${t('room.invite')}</button>
    <${Problem} error=${error} /><${Done} text=${said} />
  </form>`;
}

function Choice({ app, room, list, label }) {
  return html`<label class="choice"><input type="checkbox" checked=${app.rooms.isIn(list, room)}
    onChange=${(event) => app.rooms.put(list, room, event.target.checked)} />${label}</label>`;
}

/** What is known of a room, and what this user wants with it. */
export function About({ app, room, close }) {
  useWatch(app.settings);
  const [found, setFound] = useState(undefined);
  const reload = () => app.rooms.registration(room).then(setFound, () => setFound(undefined));
  useEffect(() => {
    reload();
  }, []);
  const rank = rankOf(app.chat, room, app.chat.session.nick);
  const facts = [
    [t('room.founder'), found?.founder],
    [t('room.memberCount'), room.joined ? room.members.byName.size : null],
    [t('room.yourRank'), room.joined ? t(rank ? `rank.${rank}` : 'room.noRank') : null],
    [t('room.created'), room.created && new Date(room.created).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })],
  ].filter(([, value]) => value);
  const mayInvite = room.joined && (!room.modes.has('i') || room.modes.has('g') || reaches(app.chat, room, 'h'));
  const depart = async () => {
    if (await leave(app, room)) close();
  };
  return html`<${Topic} app=${app} room=${room} />
    <dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${Rules} room=${room} />
    <${Registration} app=${app} room=${room} found=${found} reload=${reload} />
    ${mayInvite && html`<section><h3>${t('room.inviteTitle')}</h3><${Invite} app=${app} room=${room} /></section>`}
    <section class="choices">
      <${Choice} app=${app} room=${room} list="favourites" label=${t('room.favourite')} />
      <${Choice} app=${app} room=${room} list="muted" label=${t('room.muted')} />
    </section>
    <p class="leave"><button type="button" class="danger" onClick=${depart}>${t('room.leave', { name: room.name })}</button></p>`;
}

import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { ENTERED } from '../../dialogs.js';
import { plain } from '../../log/format.js';
import { safeName } from '../../log/safe.js';
import { createRoom } from '../../rooms/views.js';
import { t, wordsFor } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { Problem, useTask } from '../task.js';
import { useWatch } from '../watch.js';

/** How many rooms are shown at first, and how many more each time. */
const PORTION = 50;

/** Milliseconds without a key after which the filter asks the server. */
const PAUSE = 400;

function Row({ app, room, close }) {
  const { busy, error, run } = useTask();
  const joined = app.chat.conversations.get(room.name)?.joined;
  const enter = async () => {
    if (await run(() => app.open(room.name, { join: true }))) close(ENTERED);
  };
  const { count } = room;
  return html`<li class="roomRow">
    <div class="about">
      <span class="name">${safeName(room.name)}</span>
      <span class="count">${count === 0 ? t('rooms.empty') : count === 1 ? t('rooms.member') : t('rooms.members', { count })}</span>
      <span class="topic">${safeName(plain(room.topic)) || t('room.noTopic')}</span>
      <${Problem} error=${error} />
    </div>
    <button type="button" disabled=${busy} onClick=${enter}
      aria-label=${t(joined ? 'rooms.openNamed' : 'rooms.joinNamed', { name: room.name })}>
      ${t(joined ? 'rooms.open' : 'rooms.join')}</button>
  </li>`;
}

function summary({ loading, rooms }, found, filtered) {
  if (loading) return t('rooms.loading', { count: rooms.size });
  if (filtered) return t('rooms.found', { count: found.length, all: rooms.size });
  return rooms.size === 1 ? t('rooms.countOne') : t('rooms.count', { count: rooms.size });
}

/** All rooms that the server lists, with a filter. */
export function FindRooms({ app, close }) {
  const { directory } = app.rooms;
  useWatch(directory);
  const [text, setText] = useState('');
  const [order, setOrder] = useState('members');
  const [most, setMost] = useState(PORTION);
  const [wide, setWide] = useState(false);
  useEffect(() => directory.load(), []);
  // A list that was cut does not have all matches: the server has them.
  const remote = wide || directory.cut;
  useEffect(() => {
    if (!remote) return undefined;
    setWide(true);
    const timer = app.timers.set(() => directory.load(text.trim()), PAUSE);
    return () => app.timers.clear(timer);
  }, [text]);
  const found = directory.select(text, order);
  const filter = (event) => {
    setText(event.target.value);
    setMost(PORTION);
  };
  const create = () => {
    close();
    createRoom(app, text.trim());
  };
  return html`<${Dialog} title=${t('rooms.find')} close=${close} class="tall">
    <div class="filters">
      <input autofocus aria-label=${t('rooms.filter')} placeholder=${t('rooms.filter')} value=${text} onInput=${filter} />
      <select aria-label=${t('rooms.order')} value=${order} onChange=${(event) => setOrder(event.target.value)}>
        <option value="members">${t('rooms.byMembers')}</option>
        <option value="name">${t('rooms.byName')}</option>
      </select>
    </div>
    <p class="summary" role="status">${summary(directory, found, text.trim() !== '')}</p>
    ${directory.cut && html`<p class="hint">${t('rooms.cut')}</p>`}
    ${directory.error && html`<p class="problem" role="alert">${wordsFor(directory.error)}
      ${' '}<button type="button" onClick=${() => directory.load(remote ? text.trim() : '')}>${t('rooms.again')}</button></p>`}
    <ul class="roomRows">${found.slice(0, most).map((room) =>
      html`<${Row} key=${room.name} app=${app} room=${room} close=${close} />`)}</ul>
    ${found.length > most && html`<button type="button" onClick=${() => setMost(most + PORTION)}>
      ${t('rooms.more', { count: found.length - most })}</button>`}
    ${!found.length && !directory.loading && html`<p class="hint">${t('rooms.nothing')}</p>`}
    <p class="buttons"><button type="button" onClick=${create}>${t('rooms.create')}</button></p>
  </${Dialog}>`;
}

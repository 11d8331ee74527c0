import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { reaches } from '../../rooms/ranks.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { useWatch } from '../watch.js';
import { About } from './about.js';
import { MaskLists } from './lists.js';
import { RoomSettings } from './settings.js';

const TABS = [['about', 'room.about', About], ['settings', 'room.settings', RoomSettings], ['lists', 'room.lists', MaskLists]];

/** Everything about a room, in tabs. Those without a rank see it, and cannot change it. */
export function RoomDetails({ app, room, tab: first, close }) {
  useWatch(room, room.members);
  const [tab, setTab] = useState(first);
  useEffect(() => {
    app.rooms.load(room).catch(() => {});
  }, []);
  // The server tells bans to members only.
  const tabs = TABS.filter(([name]) => name === 'about' || room.joined);
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const names = tabs.map(([name]) => name);
    const next = names[(names.indexOf(tab) + step + names.length) % names.length];
    setTab(next);
    event.currentTarget.querySelector(`[data-tab="${next}"]`).focus();
  };
  const choose = (event, name) => {
    setTab(name);
    event.currentTarget.closest('.sheet').scrollTop = 0;
  };
  const [, , Panel] = tabs.find(([name]) => name === tab) ?? tabs[0];
  const level = reaches(app.chat, room, 'h');
  return html`<${Dialog} title=${t('room.details', { name: room.name })} close=${close} class="tall">
    <div class="tabs" role="tablist" onKeyDown=${onKeyDown}>${tabs.map(([name, label]) => html`
      <button type="button" role="tab" id=${`tab-${name}`} data-tab=${name} aria-selected=${String(tab === name)} aria-controls="tab-panel"
        tabindex=${tab === name ? 0 : -1} onClick=${(event) => choose(event, name)}>${t(label)}</button>`)}</div>
    <div role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${tab}`} class="panel">
      ${tab !== 'about' && !level && html`<p class="hint">${t('room.readOnly')}</p>`}
      <${Panel} app=${app} room=${room} close=${close} />
    </div>
  </${Dialog}>`;
}

import { useState } from '../../../vendor/preact-hooks.mjs';
import { MODES, offered, RARE } from '../../rooms/modes.js';
import { reaches } from '../../rooms/ranks.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Done, Problem, useTask } from '../task.js';

/** Who can read the history, as ChanServ names it. Source: docs/irc.md, ChanServ. */
const READERS = ['joined', 'members', 'accounts', 'everyone'];

function mayChange(app, room, by) {
  return room.joined && by !== '*' && reaches(app.chat, room, by);
}

/** What a mode does; and who changes it, for those who change others. */
function meaning(app, room, { mode, by }) {
  const limited = reaches(app.chat, room, 'h') && !mayChange(app, room, by);
  return t(`mode.${mode}`) + (limited ? ` ${t(`by.${by}`)}` : '');
}

/** A mode that is on or off. */
function Switch({ app, room, which }) {
  const { busy, error, run } = useTask();
  const { mode, by } = which;
  const on = room.modes.has(mode);
  const allowed = mayChange(app, room, by);
  return html`<li class="roomMode">
    <label><input type="checkbox" role="switch" checked=${on} disabled=${!allowed || busy} aria-describedby=${`mode-${mode}`}
      onChange=${(event) => {
        const wanted = event.target.checked;
        // What is shown is what holds: the server's answer moves the switch.
        event.target.checked = on;
        run(() => app.rooms.setMode(room, which, wanted ? '' : null));
      }} /><span class="name">${t(`modeName.${mode}`)}</span></label>
    <p class="hint" id=${`mode-${mode}`}>${meaning(app, room, which)}</p>
    <${Problem} error=${error} />
  </li>`;
}

/** A mode with a value. */
function Value({ app, room, which }) {
  const { busy, error, run } = useTask();
  const [text, setText] = useState(null);
  const { mode, by, value: kind } = which;
  const now = room.modes.get(mode) ?? '';
  const allowed = mayChange(app, room, by);
  if (!allowed && !now) return null;
  const name = t(`modeName.${mode}`);
  const set = async (value) => {
    if (await run(() => app.rooms.setMode(room, which, value))) setText(null);
  };
  const submit = (event) => {
    event.preventDefault();
    const value = (text ?? now).trim();
    if (value && value !== now) set(value);
  };
  return html`<li class="roomMode">
    <form onSubmit=${submit}>
      <span class="name">${name}</span>
      <input aria-label=${t('modes.value', { name })} aria-describedby=${`mode-${mode}`} value=${text ?? now} readonly=${!allowed}
        inputmode=${kind === 'number' ? 'numeric' : 'text'} autocomplete="off" spellcheck=${false}
        onInput=${(event) => setText(event.target.value)} />
      ${allowed && html`<button disabled=${busy || !(text ?? now)}>${t('modes.set')}</button>`}
      ${allowed && room.modes.has(mode) && html`<button type="button" disabled=${busy} onClick=${() => set(null)}>${t('modes.lift')}</button>`}
    </form>
    <p class="hint" id=${`mode-${mode}`}>${meaning(app, room, which)}</p>
    <${Problem} error=${error} />
  </li>`;
}

function Rename({ app, room }) {
  const { busy, error, run } = useTask();
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const { to, reason } = Object.fromEntries(new FormData(form));
    if (!to.trim()) return;
    const words = { title: t('room.rename'), text: t('room.renameAsk', { name: room.name, to }), action: t('room.renameDo') };
    if ((await app.dialogs.ask(words)) === undefined) return;
    if (await run(() => app.rooms.rename(room, to.trim(), reason.trim()))) form.reset();
  };
  return html`<form onSubmit=${submit}><h3>${t('room.rename')}</h3>
    <label class="field"><span>${t('room.newName')}</span><input name="to" autocomplete="off" spellcheck=${false} placeholder=${room.name} /></label>
    <label class="field"><span>${t('room.reason')}</span><input name="reason" autocomplete="off" maxlength="300" /></label>
    <${Problem} error=${error} />
    <p class="buttons"><button disabled=${busy}>${t('room.renameDo')}</button></p>
  </form>`;
}

/** Who can read what was said: a setting of registered rooms, which their founders change. */
function HistorySetting({ app, room }) {
  const { busy, error, run } = useTask();
  const [said, setSaid] = useState('');
  const submit = (event) => {
    event.preventDefault();
    const { readers } = Object.fromEntries(new FormData(event.target));
    if (readers) run(async () => setSaid((await app.rooms.askChanServ('SET', room.name, 'HISTORY', readers)).join(' ')));
  };
  return html`<form onSubmit=${submit}>
    <label class="field"><span>${t('room.history')}</span>
      <select name="readers"><option value="">${t('room.historyUnchanged')}</option>
        ${READERS.map((reader) => html`<option key=${reader} value=${reader}>${t(`room.history.${reader}`)}</option>`)}</select></label>
    <${Problem} error=${error} /><${Done} text=${said} />
    <p class="buttons"><button disabled=${busy}>${t('room.historySave')}</button></p>
  </form>`;
}

/** The modes of a room as switches, and its name. */
export function RoomSettings({ app, room }) {
  const modes = offered(MODES, app.chat.isupport);
  const rare = modes.filter(({ mode }) => RARE.includes(mode));
  const list = (some) => html`<ul class="roomModes">${some.map((which) => html`
      <${which.value ? Value : Switch} key=${which.mode} app=${app} room=${room} which=${which} />`)}</ul>`;
  return html`${list(modes.filter((which) => !rare.includes(which)))}
    ${rare.length > 0 && html`<details class="more"><summary>${t('modes.more')}</summary>${list(rare)}</details>`}
    ${reaches(app.chat, room, 'q') && html`<${HistorySetting} app=${app} room=${room} />`}
    ${reaches(app.chat, room, 'o') && app.connection.capabilities.has('channel-rename') && html`<${Rename} app=${app} room=${room} />`}`;
}

import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { LISTS, offered, readMask } from '../../rooms/modes.js';
import { reaches } from '../../rooms/ranks.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Problem, useTask } from '../task.js';

/** A mask in plain words, with the mask itself where the words do not say all of it. */
function Mask({ mask }) {
  const { kind, who, quiet } = readMask(mask);
  return html`<span class="mask"><span class="name" title=${mask}>${t(`mask.${kind}`, { who: safeName(who) })}</span>
    ${quiet && html`<span class="hint">${t('list.quiet')}</span>`}</span>`;
}

/** One list of masks. */
function MaskList({ app, room, which }) {
  const { busy, error, run } = useTask();
  const [entries, setEntries] = useState(null);
  const [mask, setMask] = useState('');
  const { mode, by } = which;
  const allowed = reaches(app.chat, room, by);
  const load = async () => setEntries(await app.rooms.list(room, which));
  useEffect(() => {
    run(load);
  }, []);
  const change = (sign, value) => run(async () => {
    await app.rooms.setModes(room, sign + mode, value);
    await load();
  });
  const add = async (event) => {
    event.preventDefault();
    const value = mask.trim();
    if (value && (await change('+', value))) setMask('');
  };
  return html`<section class="masks">
    <h3>${t(`list.${mode}`)}</h3>
    <p class="hint">${t(`mode.${mode}`)}</p>
    ${entries === null
      ? html`<p class="hint">${error ? '' : t('list.loading')}</p>`
      : !entries.length && html`<p class="hint">${t('list.none')}</p>`}
    <ul>${(entries ?? []).map((entry) => html`<li key=${entry.mask} class="maskRow">
      <div><${Mask} mask=${entry.mask} />
        <span class="hint">${[entry.by && t('list.by', { by: safeName(entry.by) }), entry.time && new Date(entry.time).toLocaleDateString()]
          .filter(Boolean).join(', ')}</span></div>
      ${allowed && html`<button type="button" disabled=${busy} aria-label=${t('list.remove', { mask: entry.mask })}
        onClick=${() => change('-', entry.mask)}>${t('modes.lift')}</button>`}
    </li>`)}</ul>
    <${Problem} error=${error} />
    ${allowed && html`<form class="inline" onSubmit=${add}>
      <input aria-label=${`${t(`list.${mode}`)}: ${t('list.mask')}`} placeholder=${t('list.mask')} value=${mask} autocomplete="off" spellcheck=${false}
        onInput=${(event) => setMask(event.target.value)} />
      <button disabled=${busy || !mask.trim()}>${t('list.add')}</button></form>`}
  </section>`;
}

/** Who is banned, who is excepted from bans, and who needs no invitation. */
export function MaskLists({ app, room }) {
  return offered(LISTS, app.chat.isupport).map((which) => html`<${MaskList} key=${which.mode} app=${app} room=${room} which=${which} />`);
}

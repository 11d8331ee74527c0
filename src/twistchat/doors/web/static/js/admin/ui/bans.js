import { useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { Field, Outcome } from '../../ui/settings/form.js';
import { Done, useTask } from '../../ui/task.js';
import { moment } from '../format.js';
import { Listing, useListing } from './listing.js';

/** How long a ban may last: the key of its name, and seconds; none for ever. */
const TERMS = [['admin.hour1', 3600], ['admin.day1', 86400], ['admin.day7', 7 * 86400], ['admin.day30', 30 * 86400], ['admin.forever', '']];

/**
 * The fields of a new ban.
 *
 * @param {{masks: string[], done: (said: string) => void, cancel?: () => void}} props `masks`: what may be banned; without, a mask is typed
 */
export function BanForm({ app, masks = [], done, cancel }) {
  const task = useTask();
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const { mask, seconds, reason } = Object.fromEntries(new FormData(form));
    const values = { mask: mask.trim(), seconds: seconds ? Number(seconds) : null, reason: reason.trim() };
    await task.run(async () => {
      const answer = await app.server.command('server', 'ban', values);
      form.reset();
      done(t('admin.banned', { mask: safeName(answer.mask) }));
    });
  };
  return html`<form class="ban" onSubmit=${submit}>
    ${masks.length
      ? html`<label class="field"><span>${t('admin.mask')}</span>
        <select name="mask">${masks.map((mask) => html`<option key=${mask} value=${mask}>${safeName(mask)}</option>`)}</select></label>`
      : html`<${Field} label=${t('admin.mask')} name="mask" required maxlength="300" autocomplete="off" autocapitalize="none" hint=${t('admin.maskHint')} />`}
    <label class="field"><span>${t('admin.term')}</span>
      <select name="seconds">${TERMS.map(([key, seconds]) => html`<option key=${key} value=${seconds} selected=${key === 'admin.day7'}>${t(key)}</option>`)}</select></label>
    <${Field} label=${t('admin.reason')} name="reason" maxlength="300" autocomplete="off" hint=${t('admin.banReasonHint')} />
    <${Outcome} task=${task} />
    <p class="buttons">
      ${cancel && html`<button type="button" onClick=${cancel}>${t('dialog.cancel')}</button>`}
      <button class="danger" disabled=${task.busy}>${t('admin.ban')}</button>
    </p>
  </form>`;
}

/** The bans from the server. */
export function Bans({ app }) {
  const listing = useListing(app, (matching, items) => app.server.command('server', 'bans', {}, { matching, skip: items.length }));
  const [said, setSaid] = useState('');
  const task = useTask();
  const changed = (text) => {
    setSaid(text);
    listing.again();
  };
  const lift = (mask) => !task.busy && task.run(async () => {
    await app.server.command('server', 'unban', { mask });
    changed(t('admin.lifted', { mask: safeName(mask) }));
  });
  const row = (ban) => html`
    <div class="what">
      <p><bdi class="name">${safeName(ban.mask)}</bdi></p>
      ${ban.reason && html`<p>${safeName(ban.reason)}</p>`}
      <p class="hint">${t('admin.banText', { by: safeName(ban.by), time: moment(ban.time) })},
        ${' '}${ban.until === null ? t('admin.banForever') : t('admin.banUntil', { until: moment(ban.until) })}</p>
    </div>
    <div class="do"><button type="button" aria-label=${t('admin.liftOf', { mask: safeName(ban.mask) })}
      onClick=${() => lift(ban.mask)}>${t('admin.lift')}</button></div>`;
  return html`<h2>${t('admin.bans')}</h2><${Outcome} task=${task} /><${Done} text=${said} />
    <${Listing} listing=${listing} label=${t('admin.bans')} hint=${t('admin.bansFilter')} none=${t('admin.bansNone')} keyOf=${({ mask }) => mask} row=${row} />
    <section aria-labelledby="ban-title"><h2 id="ban-title">${t('admin.banNew')}</h2><${BanForm} app=${app} done=${changed} /></section>`;
}

import { plain } from '../../log/format.js';
import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Problem, useTask } from '../task.js';

/** What the page says to a refusal, by its numeric. Others are told in the words of the server. */
const WORDS = { 471: 'room.full', 473: 'room.inviteOnly', 474: 'room.banned', 475: 'room.needsKey', 477: 'room.needsAccount' };

function why(outside) {
  if (!outside) return t('room.notJoined');
  const { how, by, code, reason } = outside;
  if (how === 'left') return t('room.left');
  if (how === 'kicked') return t(reason && reason !== by ? 'room.kickedBecause' : 'room.kicked', { by: safeName(by), reason: safeName(plain(reason)) });
  return code in WORDS ? t(WORDS[code]) : t('room.refused', { reason: safeName(reason || code) });
}

/** Says why this user is not in a room, and lets them come in again. */
export function Outside({ app, conversation }) {
  const { busy, error, run } = useTask();
  const { name, outside } = conversation;
  const submit = (event) => {
    event.preventDefault();
    const key = new FormData(event.target).get('key')?.trim() ?? '';
    run(() => app.client.join(name, key));
  };
  // The refusal itself is already told above.
  const told = error && outside?.how === 'refused' && outside.code === error.code;
  return html`<form class="outside" data-region onSubmit=${submit}>
    <p role="status">${why(outside)}</p>
    <${Problem} error=${told ? null : error} />
    <div class="again">
      ${outside?.code === '475' && html`<input name="key" aria-label=${t('room.key')} placeholder=${t('room.key')} autocomplete="off" />`}
      <button class="primary" disabled=${busy}>${t('room.rejoin', { name })}</button>
      <button type="button" onClick=${() => app.client.close(conversation)}>${t('dialog.close')}</button>
    </div>
  </form>`;
}

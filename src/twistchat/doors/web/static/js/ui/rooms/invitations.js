import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { Problem, useTask } from '../task.js';
import { useWatch } from '../watch.js';

function Invitation({ app, by, room }) {
  const { busy, error, run } = useTask();
  return html`<li>
    <span>${t('room.invitation', { by: safeName(by), room: safeName(room) })}</span>
    <${Problem} error=${error} />
    <button type="button" class="primary" disabled=${busy} onClick=${() => run(() => app.open(room, { join: true }))}>
      ${t('room.accept', { room })}</button>
    <button type="button" onClick=${() => app.rooms.dismiss(room)}>${t('room.decline')}</button>
  </li>`;
}

/** The rooms to which this user is invited. */
export function Invitations({ app }) {
  useWatch(app.rooms);
  const { invitations } = app.rooms;
  return html`<div class="invitations" role="status">${invitations.length > 0 && html`<ul>${invitations.map(({ by, room }) =>
    html`<${Invitation} key=${room} app=${app} by=${by} room=${room} />`)}</ul>`}</div>`;
}

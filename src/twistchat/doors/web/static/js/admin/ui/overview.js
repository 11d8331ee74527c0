import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { Outcome } from '../../ui/settings/form.js';
import { useTask } from '../../ui/task.js';
import { safeName } from '../../log/safe.js';
import { clock, count, duration, latency, moment, short, size } from '../format.js';
import { Plot } from './plot.js';

/** The plots, and the columns of the table: key of the title, value of a minute, how it is written, and see `Plot`. */
const SERIES = [
  { title: 'admin.sessions', valueOf: ({ sessions }) => sessions, shown: count, whole: true },
  { title: 'admin.rooms', valueOf: ({ rooms }) => rooms, shown: count, whole: true },
  { title: 'admin.lagPlot', valueOf: ({ lag }) => lag, shown: latency, least: 0.002 },
  { title: 'admin.deliveries', valueOf: ({ deliveries }) => deliveries / 60, shown: short },
];

/** What is known of one thing. */
function Fact({ name, children }) {
  return html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
}

/** Return two bounds of a latency as one text. */
const bounds = ({ p50, p99 }) => t('admin.bounds', { half: p50 === null ? '–' : latency(p50), most: p99 === null ? '–' : latency(p99) });

/** The last backup, and a button that makes another one. */
function Backup({ app, status }) {
  const task = useTask();
  const { backup, lastBackup } = status;
  const make = () => task.run(async () => {
    await app.server.command('server', 'backup');
    await app.watching.look();
    return t('admin.backupBegun');
  });
  const making = backup && backup.making !== null && backup.making !== undefined;
  return html`<section aria-labelledby="backup-title">
    <h2 id="backup-title">${t('admin.backup')}</h2>
    <p>${lastBackup ? t('admin.backupLast', { when: moment(lastBackup * 1000), size: size(backup?.size ?? 0) }) : t('admin.backupNever')}</p>
    ${backup?.path && html`<p class="hint">${safeName(backup.path)}</p>`}
    ${backup?.failure && html`<p class="problem">${t('admin.backupFailed', { when: moment(backup.failed * 1000), why: safeName(backup.failure) })}</p>`}
    ${making && html`<p><label>${t('admin.backupMaking')} <progress max="1" value=${backup.making} /></label></p>`}
    <${Outcome} task=${task} />
    ${backup
      ? html`<p class="buttons"><button type="button" disabled=${task.busy || making} onClick=${make}>${t('admin.backupNow')}</button></p>`
      : html`<p class="hint">${t('admin.backupImpossible')}</p>`}
  </section>`;
}

/** The numbers of the plots. */
function Numbers({ minutes }) {
  return html`<details class="more"><summary>${t('admin.asTable')}</summary>
    <div class="numbers" tabindex="0" role="region" aria-label=${t('admin.hour')}><table>
      <thead><tr><th scope="col">${t('admin.time')}</th>${SERIES.map(({ title }) => html`<th scope="col" key=${title}>${t(title)}</th>`)}</tr></thead>
      <tbody>${[...minutes].reverse().map((minute) => html`<tr key=${minute.time}><th scope="row">${clock(minute.time * 1000)}</th>
        ${SERIES.map(({ title, valueOf, shown }) => html`<td key=${title}>${shown(valueOf(minute))}</td>`)}</tr>`)}</tbody>
    </table></div></details>`;
}

/** How the server is now, and how it was in the last hour. */
export function Overview({ app, status }) {
  const { hour, journal, sessions } = status;
  const total = Object.values(sessions).reduce((sum, number) => sum + number, 0);
  const doors = Object.entries(sessions).map(([door, number]) => `${door} ${count(number)}`).join(', ');
  return html`
    ${status.trouble && html`<p class="trouble" role="alert">${t('admin.trouble', { why: safeName(status.trouble) })}</p>`}
    <section aria-labelledby="hour-title">
      <h2 id="hour-title">${t('admin.hour')}</h2>
      <div class="plots">${SERIES.map(({ title, ...series }) => html`<${Plot} key=${title} title=${t(title)} minutes=${hour} ...${series} />`)}</div>
      ${hour.length < 2 ? html`<p class="hint">${t('admin.hourBegins')}</p>` : html`<${Numbers} minutes=${hour} />`}
    </section>
    <section aria-labelledby="now-title">
      <h2 id="now-title">${t('admin.now')}</h2>
      <dl class="facts">
        <${Fact} name=${t('admin.version')}>${status.version}<//>
        <${Fact} name=${t('admin.uptime')}>${t('admin.uptimeSince', { time: duration(status.uptime), since: moment(status.started * 1000) })}<//>
        <${Fact} name=${t('admin.sessions')}>${count(total)}${doors && ` (${doors})`}<//>
        <${Fact} name=${t('admin.users')}>${t('admin.usersOn', { users: count(status.users), on: count(status.alwaysOn) })}<//>
        <${Fact} name=${t('admin.rooms')}>${count(status.rooms)}<//>
        <${Fact} name=${t('admin.accounts')}>${count(status.accounts)}<//>
        <${Fact} name=${t('admin.bans')}>${count(status.bans)}<//>
        <${Fact} name=${t('admin.messages')}>${t('admin.messagesSince', { messages: count(status.messages), deliveries: count(status.deliveries) })}<//>
        <${Fact} name=${t('admin.lag')}>${bounds(status.lag)}<//>
        <${Fact} name=${t('admin.journal')}>${t('admin.journalText', { size: size(journal.size), waiting: count(journal.waiting), unindexed: count(journal.unindexed) })}<//>
        <${Fact} name=${t('admin.commit')}>${bounds(journal.commit)}${journal.failures > 0 && `; ${t('admin.commitFailures', { count: count(journal.failures) })}`}<//>
        <${Fact} name=${t('admin.queue')}>${bounds(journal.queue)}<//>
        <${Fact} name=${t('admin.unsent')}>${t('admin.unsentText', { size: size(status.unsent), slow: count(status.slowReaders) })}<//>
        <${Fact} name=${t('admin.mails')}>${count(status.mails)}<//>
        <${Fact} name=${t('admin.memory')}>${t('admin.memoryText', { size: size(status.memory), descriptors: count(status.descriptors) })}<//>
      </dl>
    </section>
    <${Backup} app=${app} status=${status} />`;
}

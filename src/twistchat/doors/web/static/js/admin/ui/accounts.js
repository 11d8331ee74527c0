import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../../ui/dialog.js';
import { html } from '../../ui/html.js';
import { Field, Outcome } from '../../ui/settings/form.js';
import { Done, useTask } from '../../ui/task.js';
import { count, moment } from '../format.js';
import { Listing, useListing } from './listing.js';

/** The fields of a new account. */
function NewAccount({ app, done }) {
  const task = useTask();
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const { name, password, email, admin } = Object.fromEntries(new FormData(form));
    task.run(async () => {
      const made = await app.server.command('account', 'create', { name: name.trim(), password, email: email.trim() || null, admin: admin === 'on' });
      form.reset();
      done();
      return t(made.taken ? 'admin.createdTaken' : 'admin.created', { account: safeName(made.account) });
    });
  };
  return html`<section aria-labelledby="new-title"><h2 id="new-title">${t('admin.newAccount')}</h2>
    <form class="ban" onSubmit=${submit}>
      <${Field} label=${t('admin.name')} name="name" required maxlength="32" autocomplete="off" autocapitalize="none" />
      <${Field} label=${t('admin.password')} name="password" type="password" maxlength="256" autocomplete="new-password" hint=${t('admin.passwordHint')} />
      <${Field} label=${t('admin.email')} name="email" type="email" maxlength="254" autocomplete="off" />
      <label class="choice"><input type="checkbox" name="admin" /><span>${t('admin.isAdmin')}</span></label>
      <${Outcome} task=${task} />
      <p class="buttons"><button class="primary" disabled=${task.busy}>${t('admin.create')}</button></p>
    </form></section>`;
}

/** The field of a new password. */
function NewPassword({ perform, busy }) {
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const { password } = Object.fromEntries(new FormData(form));
    if (await perform('password', { password }, t('admin.passwordSet'))) form.reset();
  };
  return html`<form class="add" onSubmit=${submit}>
    <${Field} label=${t('admin.newPassword')} name="password" type="password" required maxlength="256" autocomplete="new-password" />
    <button disabled=${busy}>${t('admin.passwordSave')}</button>
  </form>`;
}

/** What is known of an account, and what can be done with it. */
function AccountDialog({ app, name, close }) {
  const task = useTask();
  const [account, setAccount] = useState(null);
  const load = async () => setAccount(await app.server.command('account', 'show', { name }));
  useEffect(() => { task.run(load); }, []);
  const perform = (verb, values = {}, said = '') => task.run(async () => {
    try {
      await app.server.command('account', verb, { name, ...values });
      await load();
    } catch (error) {
      app.watching.fail(error);
      throw error;
    }
    return said;
  });
  const suspend = async () => {
    const words = { title: t('admin.suspendTitle', { account: name }), text: t('admin.suspendText'), action: t('admin.suspend'), field: t('admin.reason') };
    const reason = await app.dialogs.ask(words);
    if (reason !== undefined) perform('suspend', { reason });
  };
  const drop = async () => {
    const rooms = account.rooms.length ? t('admin.dropRooms', { rooms: account.rooms.map(safeName).join(', ') }) : '';
    const words = { title: t('admin.dropTitle', { account: name }), text: `${t('admin.dropText')} ${rooms}`, action: t('admin.drop') };
    if ((await app.dialogs.ask(words)) === undefined) return;
    task.run(async () => {
      await app.server.command('account', 'drop', { name });
      close(t('admin.dropped', { account: safeName(name) }));
    });
  };
  const factor = account?.credentials.some(({ kind }) => kind === 'totp');
  return html`<${Dialog} title=${safeName(name)} close=${() => close('')} class="small">
    ${account && html`
      <dl class="facts">
        <div><dt>${t('admin.registered')}</dt><dd>${account.registered ? moment(account.registered) : '–'}</dd></div>
        <div><dt>${t('admin.lastUse')}</dt><dd>${account.used ? moment(account.used) : '–'}</dd></div>
        <div><dt>${t('admin.email')}</dt><dd>${account.email ? safeName(account.email) : '–'}</dd></div>
        <div><dt>${t('admin.nicks')}</dt><dd>${account.nicks.map(safeName).join(', ') || '–'}</dd></div>
        <div><dt>${t('admin.ownRooms')}</dt><dd>${account.rooms.map(safeName).join(', ') || '–'}</dd></div>
        <div><dt>${t('admin.sessions')}</dt><dd>${account.sessions.map(({ address }) => address ?? t('admin.local')).join(', ') || '–'}</dd></div>
        ${account.suspended !== null && html`<div><dt>${t('admin.suspension')}</dt><dd>${safeName(account.suspended) || t('admin.yes')}</dd></div>`}
      </dl>
      <div class="acts">
        ${account.suspended === null
          ? html`<button type="button" disabled=${task.busy} onClick=${suspend}>${t('admin.suspendOpen')}</button>`
          : html`<button type="button" disabled=${task.busy} onClick=${() => perform('restore')}>${t('admin.restore')}</button>`}
        <button type="button" disabled=${task.busy} onClick=${() => perform('admin', { admin: !account.admin })}
          >${t(account.admin ? 'admin.revoke' : 'admin.appoint')}</button>
        ${factor && html`<button type="button" disabled=${task.busy} onClick=${() => perform('totpOff')}>${t('admin.factorOff')}</button>`}
        <button type="button" class="danger" disabled=${task.busy} onClick=${drop}>${t('admin.dropOpen')}</button>
      </div>
      <${NewPassword} perform=${perform} busy=${task.busy} />`}
    <${Outcome} task=${task} />
  </${Dialog}>`;
}

/** The accounts. */
export function Accounts({ app }) {
  const listing = useListing(app, (matching, items) => app.server.command('account', 'list', {}, { matching, skip: items.length }));
  const [said, setSaid] = useState('');
  const show = async (name) => {
    setSaid((await app.dialogs.show(async () => AccountDialog, { name })) ?? '');
    listing.again();
  };
  const row = (account) => html`
    <div class="what">
      <p><bdi class="name">${safeName(account.name)}</bdi>
        ${account.admin && html`<span class="badge">${t('admin.administrator')}</span>`}
        ${account.suspended !== null && html`<span class="badge warn">${t('admin.suspended')}</span>`}</p>
      <p class="hint">${account.used ? t('admin.accountText', { used: moment(account.used) }) : t('admin.accountUnused')}${account.online > 0
        && `, ${t('admin.online', { count: count(account.online) })}`}</p>
    </div>
    <div class="do"><button type="button" aria-label=${t('admin.manageOf', { account: safeName(account.name) })}
      onClick=${() => show(account.name)}>${t('admin.manage')}</button></div>`;
  return html`<h2>${t('admin.accounts')}</h2><${Done} text=${said} />
    <${Listing} listing=${listing} label=${t('admin.accounts')} hint=${t('admin.accountsFilter')} none=${t('admin.accountsNone')} keyOf=${({ name }) => name} row=${row} />
    <${NewAccount} app=${app} done=${listing.again} />`;
}

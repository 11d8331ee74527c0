import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { withLocalTimes } from '../../account/nickserv.js';
import { sentences, t } from '../../strings/index.js';
import { html } from '../html.js';
import { useTask } from '../task.js';
import { useWatch } from '../watch.js';
import { Field, Outcome, Switch } from './form.js';

/** For a guest: how to have an account. */
export function Guest({ app, close }) {
  const register = () => app.dialogs.show(() => import('../account/register.js').then(({ Register }) => Register));
  const logIn = () => {
    close();
    app.goToLogin();
  };
  return html`<div class="panel">
    <p>${t('account.guest', { nick: app.chat.session.nick })}</p>
    <p class="buttons">
      ${app.offer.logins !== false && html`<button type="button" onClick=${logIn}>${t('account.login')}</button>`}
      ${app.offer.register && html`<button type="button" class="primary" onClick=${register}>${t('account.register')}</button>`}
    </p>
  </div>`;
}

/** Return what NickServ says about the account, and a function that asks again. */
export function useAccount(app, task) {
  const [account, setAccount] = useState(null);
  const load = async () => setAccount(await app.nickserv.account());
  useEffect(() => { task.run(load); }, []);
  return [account, load];
}

/** The mail address, and whether the user stays without a connection. */
export function Account({ app, close }) {
  const { session } = app.chat;
  useWatch(session);
  const task = useTask();
  const mail = useTask();
  const [account, load] = useAccount(app, task);
  const [verifies, setVerifies] = useState(false);
  if (!account) return html`<div class="panel"><${Outcome} task=${task} /><p>${task.busy ? t('settings.loading') : ''}</p></div>`;
  const stay = (on) => task.run(async () => {
    const said = await app.nickserv.setAlwaysOn(on);
    await load();
    return sentences(said);
  });
  const send = (event) => {
    event.preventDefault();
    const { email, code } = Object.fromEntries(new FormData(event.target));
    mail.run(async () => {
      const said = await (verifies ? app.nickserv.verifyEmail(code.trim()) : app.nickserv.setEmail(email.trim()));
      const before = account.email;
      await load();
      setVerifies(!verifies && before !== email.trim());
      return sentences(said);
    });
  };
  return html`<div class="panel">
    <p>${t('account.since', { name: session.account, date: withLocalTimes(account.registered) })}
      ${account.nicks.length > 1 && ` ${t('account.nicks', { nicks: account.nicks.join(', ') })}`}</p>
    <${Switch} label=${t('account.stay')} hint=${t('account.stayHint')} checked=${account.alwaysOn} disabled=${task.busy} onChange=${stay} />
    <${Outcome} task=${task} />
    <form onSubmit=${send}>
      <h3>${t('account.email')}</h3>
      ${verifies
        ? html`<${Field} key="code" label=${t('account.code')} name="code" required autocomplete="one-time-code" />`
        : html`<${Field} key="email" label=${t('account.emailLabel')} name="email" type="email" required defaultValue=${account.email}
          autocomplete="email" hint=${t('account.emailHint')} />`}
      <${Outcome} task=${mail} />
      <p class="buttons">
        <button type="button" onClick=${() => setVerifies(!verifies)}>${t(verifies ? 'account.otherEmail' : 'account.haveCode')}</button>
        <button class="primary" disabled=${mail.busy}>${t(verifies ? 'account.verify' : 'settings.save')}</button>
      </p>
    </form>
    <${StatusLink} app=${app} />
    <${LogOut} app=${app} close=${close} />
  </div>`;
}

/** For an administrator: the way to the status page. The chat stays open. */
function StatusLink({ app }) {
  const [shown, setShown] = useState(false);
  useEffect(() => { app.administers().then(setShown, () => {}); }, []);
  return shown && html`<p><a href="/admin" target="_blank" rel="noopener">${t('account.status')}</a></p>`;
}

/** The end of the login, here or everywhere. */
function LogOut({ app, close }) {
  const everywhere = async () => {
    const words = { title: t('account.logoutAll'), text: t('account.logoutAllText'), action: t('account.logoutAllAction') };
    if ((await app.dialogs.ask(words)) === undefined) return;
    close();
    app.logOut(true);
  };
  const here = () => {
    close();
    app.logOut();
  };
  return html`<section><h3>${t('account.logout')}</h3>
    <p class="buttons">
      <button type="button" onClick=${here}>${t('account.logoutHere')}</button>
      <button type="button" class="danger" onClick=${everywhere}>${t('account.logoutAll')}</button>
    </p></section>`;
}

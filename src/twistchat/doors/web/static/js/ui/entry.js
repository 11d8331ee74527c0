import { useEffect, useRef, useState } from '../../vendor/preact-hooks.mjs';
import { t, wordsFor } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/** The errors of a login after which a code is asked for. */
const CODES = new Set(['CODE_REQUIRED', 'WRONG_CODE']);

/** The numeric of a nick that somebody has, or that belongs to an account. */
const TAKEN = '433';

/** Return another nick for one that is taken. */
export function anotherNick(nick, most = 32) {
  const [, stem, number] = /^(.*?)(\d{0,4})$/s.exec(nick);
  const end = String((Number(number) || 1) + 1);
  return stem.slice(0, most - end.length) + end;
}

function Field({ label, field, ...attributes }) {
  return html`<label class="field"><span>${label}</span><input ref=${field} ...${attributes} /></label>`;
}

/** Says what went wrong, below the field that is wrong. */
export function Problem({ id, error }) {
  return html`<p class="problem" id=${id} role="alert">${error ? wordsFor(error) : ''}</p>`;
}

/** What can be done about a nick that is taken. */
function Ways({ app, offer, nick, setNick, onLogin }) {
  const other = anotherNick(nick);
  const enter = () => {
    setNick(other);
    app.enterAsGuest(other);
  };
  return html`<p class="ways">
    <button type="button" onClick=${enter}>${t('entry.another', { nick: other })}</button>
    ${offer.logins !== false && html`<button type="button" onClick=${() => onLogin(nick)}>${t('entry.loginAs', { name: nick })}</button>`}
  </p>`;
}

/** Enter as a guest, by name. */
function GuestForm({ app, offer, error, busy, nick, setNick, onLogin }) {
  const submit = (event) => {
    event.preventDefault();
    if (nick.trim()) app.enterAsGuest(nick.trim());
  };
  return html`<form onSubmit=${submit}>
    <${Field} label=${t('entry.name')} value=${nick} onInput=${(event) => setNick(event.target.value)} name="nick"
      autocomplete="nickname" required maxlength="32" autofocus spellcheck=${false} autocapitalize="none"
      aria-describedby="entry-problem" aria-invalid=${error ? 'true' : null} />
    <${Problem} id="entry-problem" error=${error} />
    ${error?.code === TAKEN && nick.trim() && html`<${Ways} app=${app} offer=${offer} nick=${nick.trim()} setNick=${setNick}
      onLogin=${onLogin} />`}
    <button class="primary" disabled=${busy}>${busy ? t('entry.entering') : t('entry.enter')}</button>
  </form>`;
}

/** Log in with name and password, and a code where the account has a second factor. */
function LoginForm({ app, error: before, busy, name }) {
  const [error, setError] = useState(before);
  const [needsCode, setNeedsCode] = useState(false);
  const [waits, setWaits] = useState(false);
  const password = useRef(null);
  const code = useRef(null);
  useEffect(() => setError(before), [before]);
  useEffect(() => { if (name) password.current.focus(); }, []);
  useEffect(() => { if (needsCode) code.current.focus(); }, [needsCode, error]);
  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    setWaits(true);
    try {
      await app.logIn(given.name.trim(), given.password, given.code?.replace(/\s/g, ''));
      setError(null);
    } catch (failure) {
      if (CODES.has(failure.code)) setNeedsCode(true);
      setError(failure);
    }
    setWaits(false);
  };
  return html`<form onSubmit=${submit}>
    <${Field} label=${t('entry.account')} name="name" autocomplete="username" required spellcheck=${false} autocapitalize="none"
      defaultValue=${name} autofocus=${!name} aria-describedby="entry-problem" />
    <${Field} label=${t('entry.password')} name="password" type="password" autocomplete="current-password" required field=${password}
      aria-describedby="entry-problem" />
    ${needsCode && html`<${Field} label=${t('entry.code')} name="code" autocomplete="one-time-code" required maxlength="64"
      spellcheck=${false} field=${code} aria-describedby="entry-problem" />`}
    <${Problem} id="entry-problem" error=${error} />
    ${error?.code === 'ACCOUNT_NOT_VERIFIED' && html`<button type="button" onClick=${() => register(app, { verify: true })}>
      ${t('entry.verify')}</button>`}
    <button class="primary" disabled=${busy || waits}>${busy || waits ? t('entry.entering') : t('entry.login')}</button>
  </form>`;
}

/** Open the dialog that registers an account. */
function register(app, props = {}) {
  app.dialogs.show(() => import('./account/register.js').then(({ Register }) => Register), props);
}

/** Return where a login with a provider begins, which leads back to the room of the address. */
function providerPath(app, { name }) {
  const { current } = app.address;
  return `/oidc/${encodeURIComponent(name)}${current.startsWith('#') ? `?room=${encodeURIComponent(current)}` : ''}`;
}

/** The first view: who are you? */
export function Entry({ app, offer, error, busy }) {
  useWatch(app.chat.session);
  const [nick, setNick] = useState(app.settings.get('nick'));
  const [name, setName] = useState(app.returning);
  const canLogIn = offer.logins !== false;
  const [login, setLogin] = useState(canLogIn && (!offer.guests || app.wantsLogin || Boolean(app.returning)));
  const form = useRef(null);
  // Whoever has left finds the focus where one enters again.
  useEffect(() => { if (app.said) form.current?.querySelector('input')?.focus(); }, []);
  const toLogin = (account) => {
    setName(account);
    setLogin(true);
  };
  const toggle = () => {
    app.excuse();
    setName('');
    setLogin(!login);
  };
  if (!canLogIn && !offer.guests) return html`<main class="entry"><div class="card"><p>${t('entry.noWay')}</p></div></main>`;
  return html`<main class="entry" data-region ref=${form}>
    <div class="card">
      <p class="said" role="status">${app.said}</p>
      <h1>${t('entry.title', { network: offer.network })}</h1>
      <p class="lead">${name && login ? t('entry.welcomeBack', { name }) : t(login ? 'entry.leadLogin' : 'entry.lead')}</p>
      ${login
        ? html`<${LoginForm} key=${name} app=${app} error=${error?.code === TAKEN ? null : error} busy=${busy} name=${name} />`
        : html`<${GuestForm} app=${app} offer=${offer} error=${error} busy=${busy} nick=${nick} setNick=${setNick}
          onLogin=${toLogin} />`}
      <p class="problem" role="status">${busy && app.chat.session.state === 'waiting' ? t('banner.waiting') : ''}</p>
      ${busy && html`<button type="button" class="quiet" onClick=${() => app.cancel()}>${t('dialog.cancel')}</button>`}
      ${offer.guests && canLogIn && html`<button type="button" class="quiet" onClick=${toggle}>
        ${t(login ? 'entry.asGuest' : 'entry.withAccount')}</button>`}
      ${offer.register && canLogIn && html`<button type="button" class="quiet" onClick=${() => register(app)}>
        ${t('entry.register')}</button>`}
      ${offer.providers.map((provider) => html`<a class="quiet" key=${provider.name}
        href=${providerPath(app, provider)}>${t('entry.provider', { label: provider.label })}</a>`)}
    </div>
  </main>`;
}

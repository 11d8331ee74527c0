import { useState } from '../../vendor/preact-hooks.mjs';
import { t, wordsFor } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

function Field({ label, ...attributes }) {
  return html`<label class="field"><span>${label}</span><input ...${attributes} /></label>`;
}

function Problem({ error }) {
  return html`<p class="problem" role="alert">${error ? wordsFor(error) : ''}</p>`;
}

/** Enter as a guest, by name. */
function GuestForm({ app, error, busy }) {
  const [nick, setNick] = useState(app.settings.get('nick'));
  const submit = (event) => {
    event.preventDefault();
    if (nick.trim()) app.enterAsGuest(nick.trim());
  };
  return html`<form onSubmit=${submit}>
    <${Field} label=${t('entry.name')} value=${nick} onInput=${(event) => setNick(event.target.value)} name="nick"
      autocomplete="nickname" required maxlength="32" autofocus spellcheck=${false} />
    <${Problem} error=${error} />
    <button class="primary" disabled=${busy}>${busy ? t('entry.entering') : t('entry.enter')}</button>
  </form>`;
}

/** Log in with name and password, and a second factor where the account has one. */
function LoginForm({ app, busy }) {
  const [error, setError] = useState(null);
  const [waits, setWaits] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const { name, password, code } = Object.fromEntries(new FormData(event.target));
    setWaits(true);
    try {
      await app.logIn(name, password, code);
    } catch (failure) {
      setError(failure);
    }
    setWaits(false);
  };
  const needsCode = ['CODE_REQUIRED', 'WRONG_CODE'].includes(error?.code);
  return html`<form onSubmit=${submit}>
    <${Field} label=${t('entry.account')} name="name" autocomplete="username" required spellcheck=${false} />
    <${Field} label=${t('entry.password')} name="password" type="password" autocomplete="current-password" required />
    ${needsCode && html`<${Field} label=${t('entry.code')} name="code" inputmode="numeric" autocomplete="one-time-code" />`}
    <${Problem} error=${error} />
    <button class="primary" disabled=${busy || waits}>${busy || waits ? t('entry.entering') : t('entry.login')}</button>
  </form>`;
}

/** The first view: who are you? */
export function Entry({ app, offer, error, busy }) {
  useWatch(app.chat.session);
  const [login, setLogin] = useState(!offer.guests);
  return html`<main class="entry" data-region>
    <div class="card">
      <h1>${t('entry.title', { network: offer.network })}</h1>
      <p class="lead">${t(login ? 'entry.leadLogin' : 'entry.lead')}</p>
      ${login ? html`<${LoginForm} app=${app} busy=${busy} />` : html`<${GuestForm} app=${app} error=${error} busy=${busy} />`}
      <p class="problem" role="status">${busy && app.chat.session.state === 'waiting' ? t('banner.waiting') : ''}</p>
      ${offer.guests && offer.logins !== false && html`<button type="button" class="quiet" onClick=${() => setLogin(!login)}>
        ${t(login ? 'entry.asGuest' : 'entry.withAccount')}</button>`}
      ${offer.providers.map((provider) => html`<a class="quiet" key=${provider.name}
        href=${`/oidc/${encodeURIComponent(provider.name)}`}>${t('entry.provider', { label: provider.label })}</a>`)}
    </div>
  </main>`;
}

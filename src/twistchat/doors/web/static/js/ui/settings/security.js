import { useEffect, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { qrCode, qrPath } from '../../account/qr.js';
import { RequestError } from '../../irc/requests.js';
import { sentences, t } from '../../strings/index.js';
import { html } from '../html.js';
import { useTask } from '../task.js';
import { useAccount } from './account.js';
import { Field, Outcome } from './form.js';

/** Change the password. */
function Password({ app }) {
  const task = useTask();
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const { password, again } = Object.fromEntries(new FormData(form));
    task.run(async () => {
      if (password !== again) throw new RequestError('PASSWORDS_DIFFER', '');
      if (/\s/.test(password)) throw new RequestError('PASSWORD_SPACES', '');
      const said = await app.nickserv.setPassword(password);
      form.reset();
      return sentences(said);
    });
  };
  return html`<form onSubmit=${submit}>
    <h3>${t('security.password')}</h3>
    <input class="hidden" name="username" autocomplete="username" value=${app.chat.session.account} readonly tabindex="-1" aria-hidden="true" />
    <${Field} label=${t('security.newPassword')} name="password" type="password" required minlength="8" maxlength="256"
      autocomplete="new-password" hint=${t('security.passwordHint')} />
    <${Field} label=${t('security.again')} name="again" type="password" required maxlength="256" autocomplete="new-password" />
    <${Outcome} task=${task} />
    <p class="buttons"><button class="primary" disabled=${task.busy}>${t('security.change')}</button></p>
  </form>`;
}

/** A QR code. Its text stands beside it. */
function QrCode({ text }) {
  const modules = qrCode(text);
  const size = modules.length + 8;
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${t('security.qr')}>
    <rect width=${size} height=${size} fill="#fff" /><path d=${qrPath(modules)} fill="#000" shape-rendering="crispEdges" /></svg>`;
}

/** The recovery codes, which are shown once. */
function Codes({ codes, onDone }) {
  const title = useRef(null);
  useEffect(() => title.current.focus(), []);
  return html`<section>
    <h3 tabindex="-1" ref=${title}>${t('security.codes')}</h3>
    <p>${t('security.codesText')}</p>
    <ul class="codes">${codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ul>
    <p class="buttons">
      <button type="button" onClick=${() => navigator.clipboard?.writeText(codes.join('\n')).catch(() => {})}>${t('settings.copy')}</button>
      <button type="button" class="primary" onClick=${onDone}>${t('security.codesKept')}</button>
    </p></section>`;
}

/** Set up a second factor, or end it. */
function Factor({ app }) {
  const task = useTask();
  const [account, load] = useAccount(app, task);
  const [begun, setBegun] = useState(null);
  const [codes, setCodes] = useState(null);
  const begin = () => task.run(async () => {
    const { uri, secret, said } = await app.nickserv.beginFactor();
    if (!uri) throw new RequestError('NS', said.join(' '));
    setBegun({ uri, secret });
  });
  const confirm = (event) => {
    event.preventDefault();
    const code = new FormData(event.target).get('code').replace(/\s/g, '');
    task.run(async () => {
      const { codes: made, said } = await app.nickserv.confirmFactor(code);
      if (!made.length) throw new RequestError('NS', said.join(' '));
      setBegun(null);
      setCodes(made);
      await load();
      return said[0];
    });
  };
  const end = (event) => {
    event.preventDefault();
    const code = new FormData(event.target).get('code').replace(/\s/g, '');
    task.run(async () => {
      const said = await app.nickserv.endFactor(code);
      await load();
      return sentences(said);
    });
  };
  return html`<section>
    <h3>${t('security.factor')}</h3>
    ${codes && html`<${Codes} codes=${codes} onDone=${() => setCodes(null)} />`}
    ${account && !account.factor && !begun && html`<p>${t('security.factorText')}</p>
      <p class="buttons"><button type="button" disabled=${task.busy} onClick=${begin}>${t('security.setUp')}</button></p>`}
    ${begun && html`<form onSubmit=${confirm}>
      <p>${t('security.scan')}</p>
      <${QrCode} text=${begun.uri} />
      <p>${t('security.secret')} <code class="secret">${begun.secret}</code></p>
      <details><summary>${t('security.uri')}</summary><code class="secret">${begun.uri}</code></details>
      <${Field} label=${t('security.code')} name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="64" />
      <p class="buttons">
        <button type="button" onClick=${() => setBegun(null)}>${t('dialog.cancel')}</button>
        <button class="primary" disabled=${task.busy}>${t('security.confirm')}</button>
      </p></form>`}
    ${account?.factor && !codes && html`<form onSubmit=${end}>
      <p>${t('security.factorOn')}</p>
      <${Field} label=${t('security.codeOrRecovery')} name="code" autocomplete="one-time-code" required maxlength="64" />
      <p class="buttons"><button class="danger" disabled=${task.busy}>${t('security.end')}</button></p></form>`}
    <${Outcome} task=${task} />
  </section>`;
}

/** The password and the second factor. */
export function Security({ app }) {
  return html`<div class="panel"><${Password} app=${app} /><${Factor} app=${app} /></div>`;
}

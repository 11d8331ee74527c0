import { useEffect, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { Registering } from '../../account/registering.js';
import { RequestError } from '../../irc/requests.js';
import { REGISTER } from '../../strings/en/register.js';
import { add, t } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { Field, Outcome } from '../settings/form.js';
import { useTask } from '../task.js';

add(REGISTER);

/** The fields of a new account. */
function WantedForm({ given, fixed, task, onSubmit }) {
  const [more, setMore] = useState(false);
  return html`<form onSubmit=${onSubmit}>
    <p>${t('register.lead')}</p>
    <${Field} label=${t('register.name')} name="name" defaultValue=${given.name} readonly=${fixed} required maxlength="32"
      autocomplete="username" autocapitalize="none" />
    <${Field} label=${t('register.password')} name="password" type="password" required minlength="8" maxlength="256"
      autocomplete="new-password" hint=${t('register.passwordHint')} />
    <${Field} label=${t('register.email')} name="email" type="email" autocomplete="email" hint=${t('register.emailHint')} />
    ${more
      ? html`<${Field} label=${t('register.invitation')} name="invitation" autocomplete="off" autofocus />`
      : html`<button type="button" class="quiet" onClick=${() => setMore(true)}>${t('register.haveInvitation')}</button>`}
    <${Outcome} task=${task} />
    <p class="buttons"><button class="primary" disabled=${task.busy}>${t(task.busy ? 'register.working' : 'register.create')}</button></p>
  </form>`;
}

/** The code from the mail; also the name and the password, if they are not known. */
function VerifyForm({ given, said, task, onSubmit }) {
  const known = Boolean(given.password);
  return html`<form onSubmit=${onSubmit}>
    <p role="status">${said || t('register.verifyLead')}</p>
    ${!known && html`<${Field} label=${t('register.name')} name="name" defaultValue=${given.name} required autocomplete="username" />
      <${Field} label=${t('register.password')} name="password" type="password" required autocomplete="current-password" />`}
    <${Field} label=${t('register.code')} name="code" required autocomplete="one-time-code" autofocus maxlength="100" />
    <${Outcome} task=${task} />
    <p class="buttons"><button class="primary" disabled=${task.busy}>${t(task.busy ? 'register.working' : 'register.verify')}</button></p>
  </form>`;
}

/**
 * Registers an account, at the entry or in the chat.
 *
 * @param {{verify: boolean}} props whether there is an account already whose mail address is to be verified
 */
export function Register({ app, close, verify = false }) {
  const registering = useRef(null);
  registering.current ??= new Registering(app);
  const [given, setGiven] = useState({ name: app.entered ? app.chat.session.nick : app.settings.get('nick') });
  const [asks, setAsks] = useState(verify ? { said: '' } : null);
  const task = useTask();
  useEffect(() => () => registering.current.end(), []);
  const register = async (event) => {
    event.preventDefault();
    const wanted = Object.fromEntries([...new FormData(event.target)].map(([key, value]) => [key, key === 'password' ? value : value.trim()]));
    await task.run(async () => {
      setGiven(wanted);
      const said = await registering.current.register(wanted);
      if (said) setAsks({ said });
      else close(true);
    });
  };
  const confirm = async (event) => {
    event.preventDefault();
    const wanted = { ...given, ...Object.fromEntries(new FormData(event.target)) };
    await task.run(async () => {
      if (!wanted.name.trim()) throw new RequestError('NO_NAME', '');
      await registering.current.verify({ ...wanted, name: wanted.name.trim(), code: wanted.code.trim() });
      close(true);
    });
  };
  return html`<${Dialog} title=${t(asks ? 'register.verifyTitle' : 'register.title')} close=${close} class="small">
    ${asks
      ? html`<${VerifyForm} given=${given} said=${asks.said} task=${task} onSubmit=${confirm} />`
      : html`<${WantedForm} given=${given} fixed=${app.entered} task=${task} onSubmit=${register} />`}
  </${Dialog}>`;
}

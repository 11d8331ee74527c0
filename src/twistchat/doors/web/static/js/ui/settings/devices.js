import { useEffect, useState } from '../../../vendor/preact-hooks.mjs';
import { withLocalTimes } from '../../account/nickserv.js';
import { sentences, t } from '../../strings/index.js';
import { html } from '../html.js';
import { Icon } from '../parts.js';
import { useTask } from '../task.js';
import { Field, Outcome } from './form.js';

/** Keys: NickServ's command, and the keys of the title, of the label of a new one, and of a text about them. */
const KINDS = [
  ['CERT', 'devices.certificates', 'devices.certificatesAdd', ''],
  ['SSHKEY', 'devices.sshKeys', 'devices.sshKeysAdd', 'devices.sshKeysText'],
];

/** A list of credentials, each with a button that removes it. */
function List({ label, items, action, onRemove }) {
  return html`<ul class="credentials" aria-label=${label}>${items.map(({ name, used }) => html`<li key=${name}>
    <span><bdi>${name}</bdi><span class="hint">${withLocalTimes(used)}</span></span>
    <button type="button" aria-label=${`${action} ${name}`} title=${action} class="plain" onClick=${() => onRemove(name)}
      ><${Icon} name="close" /></button>
  </li>`)}</ul>`;
}

/** Return a list of credentials, a task for what is done with them, and functions that load and remove. */
function useList(app, read, kind) {
  const [items, setItems] = useState([]);
  const task = useTask();
  const load = async () => setItems(await read());
  useEffect(() => { task.run(load); }, []);
  const remove = (name) => task.run(async () => {
    const said = await app.nickserv.remove(kind, name);
    await load();
    return sentences(said);
  });
  return { items, task, load, remove };
}

/** The browsers that are logged in. */
function Browsers({ app }) {
  const { items, task, remove } = useList(app, () => app.nickserv.browsers(), 'TOKEN');
  const end = async (name) => {
    const words = { title: t('devices.end'), text: t('devices.endText', { name }), action: t('devices.end') };
    if ((await app.dialogs.ask(words)) !== undefined) remove(name);
  };
  return html`<section><h3>${t('devices.browsers')}</h3>
    <${List} label=${t('devices.browsers')} items=${items} action=${t('devices.end')} onRemove=${end} />
    <${Outcome} task=${task} /></section>`;
}

/** App tokens. One is shown when it is made, and never again. */
function Tokens({ app }) {
  const { items, task, load, remove } = useList(app, () => app.nickserv.credentials('TOKEN'), 'TOKEN');
  const [made, setMade] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const name = new FormData(form).get('name').trim();
    task.run(async () => {
      const { secret, said } = await app.nickserv.addToken(name);
      setMade(secret && { name, secret });
      if (secret) form.reset();
      await load();
      return secret ? '' : sentences(said);
    });
  };
  return html`<section><h3>${t('devices.tokens')}</h3>
    <p>${t('devices.tokensText')}</p>
    <${List} label=${t('devices.tokens')} items=${items} action=${t('devices.remove')} onRemove=${remove} />
    ${made && html`<p role="status">${t('devices.made', { name: made.name })} <code class="secret">${made.secret}</code>
      <button type="button" onClick=${() => navigator.clipboard?.writeText(made.secret).catch(() => {})}>${t('settings.copy')}</button></p>`}
    <form class="add" onSubmit=${submit}>
      <${Field} label=${t('devices.tokenName')} name="name" required maxlength="32" pattern="[^\\s]+" autocomplete="off"
        title=${t('devices.noSpaces')} />
      <button disabled=${task.busy}>${t('devices.add')}</button>
    </form>
    <${Outcome} task=${task} /></section>`;
}

/** Certificates or SSH keys. */
function Keys({ app, kind, title, label, text }) {
  const { items, task, load, remove } = useList(app, () => app.nickserv.credentials(kind), kind);
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    task.run(async () => {
      const said = await app.nickserv.add(kind, new FormData(form).get('value').trim());
      await load();
      form.reset();
      return sentences(said);
    });
  };
  return html`<section><h3>${title}</h3>
    ${text && html`<p>${text}</p>`}
    <${List} label=${title} items=${items} action=${t('devices.remove')} onRemove=${remove} />
    <form class="add" onSubmit=${submit}>
      <${Field} label=${label} name="value" required maxlength="400" autocomplete="off" />
      <button disabled=${task.busy}>${t('devices.add')}</button>
    </form>
    <${Outcome} task=${task} /></section>`;
}

/** Everything that logs this user in, besides the password. */
export function Devices({ app }) {
  return html`<div class="panel"><${Browsers} app=${app} /><${Tokens} app=${app} />
    ${KINDS.map(([kind, title, label, text]) => html`<${Keys} key=${kind} app=${app} kind=${kind} title=${t(title)} label=${t(label)}
      text=${text && t(text)} />`)}
  </div>`;
}
